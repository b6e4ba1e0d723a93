import { chmodSync, lstatSync, lutimesSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { withoutCredentials } from "@wherry/core/error";
import { findProgram, ProgramFailedError, ProgramNotFoundError, run } from "@wherry/core/process";
import { StepProblem } from "./errors.ts";
import { parseGitUrl, type GitUrl } from "./git-url.ts";

export interface GitOptions {
  /** A path that is free, for the repository. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** A commit of a repository, checked out. */
export interface Checkout extends Disposable {
  /** Of the repository's files. */
  readonly folder: string;
  readonly commit: string;
  /** When it was committed, in seconds: the time of all its files. */
  readonly date: number;
}

const TIMEOUT_MS = 30 * 60 * 1000;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * A git repository far away. It is not trusted: no hooks run, nothing but http, https, ssh and git is spoken, by
 * submodules neither, and nobody is asked for a password. What the user's own configuration says of credentials and proxies holds.
 */
export class GitRepository {
  readonly #url: GitUrl;
  readonly #options: GitOptions;

  /** @param text `REPOSITORY[#[REF][:FOLDER]]` */
  constructor(text: string, options: GitOptions) {
    this.#url = parseGitUrl(text);
    this.#options = options;
  }

  /** Folder of the repository that is meant; "" for all of it. */
  get folder(): string {
    return this.#url.folder;
  }

  /**
   * The commit that is meant, asked without fetching it; undefined for an abbreviated one, which only a fetch tells.
   *
   * @throws {StepProblem}
   */
  async findCommit(): Promise<string | undefined> {
    const { remote, ref = "HEAD" } = this.#url;
    if (COMMIT.test(ref)) return ref;
    const listed = await this.#git(["ls-remote", "--", remote, ref, `${ref}^{}`]);
    const found = new Map(
      listed
        .split("\n")
        .map((line) => line.split("\t"))
        .map(([commit = "", name = ""]) => [name, commit] as const),
    );
    const names = [
      ref,
      `refs/heads/${ref}`,
      `refs/tags/${ref}^{}`,
      `refs/tags/${ref}`,
      `refs/remotes/${ref}`,
    ];
    const name = names.find((each) => found.has(each));
    if (name !== undefined) return found.get(name);
    if (/^[0-9a-f]{4,63}$/.test(ref)) return undefined;
    throw new StepProblem(`${remote} has no branch, tag or commit ${ref}`);
  }

  /**
   * Fetches a commit with its submodules. All files have the commit's time, and modes 644 or 755.
   *
   * @param keepGitDir whether `.git` stays
   * @throws {StepProblem}
   */
  async checkOut(
    known: string | undefined,
    { keepGitDir = false }: { keepGitDir?: boolean } = {},
  ): Promise<Checkout> {
    const { folder } = this.#options;
    const { remote, ref = "HEAD" } = this.#url;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const dispose = (): void => rmSync(folder, { recursive: true, force: true });
    const git = (...args: readonly string[]): Promise<string> => this.#git(["-C", folder, ...args]);
    try {
      await git("init", "--quiet", "--template=");
      await git("config", "core.logAllRefUpdates", "false");
      await git("remote", "add", "origin", remote);
      await this.#fetch(git, known);
      const commit = (await git("rev-parse", "--verify", "--quiet", `${known ?? ref}^{commit}`)).trim();
      await git("-c", "advice.detachedHead=false", "checkout", "--quiet", "--detach", commit);
      await git("submodule", "update", "--quiet", "--init", "--recursive", "--depth", "1");
      const date = Number(await git("show", "--no-patch", "--format=%ct", "HEAD"));
      if (keepGitDir) await forgetTheMoment(folder, git);
      else rmSync(join(folder, ".git"), { recursive: true });
      settle(folder, date);
      return { folder, commit, date, [Symbol.dispose]: dispose };
    } catch (error) {
      dispose();
      throw error;
    }
  }

  /** Fetches the one commit, or everything from servers that give no single ones. */
  async #fetch(
    git: (...args: readonly string[]) => Promise<string>,
    commit: string | undefined,
  ): Promise<void> {
    if (commit !== undefined)
      try {
        await git("fetch", "--quiet", "--no-tags", "--depth", "1", "origin", commit);
        return;
      } catch (error) {
        if (this.#options.signal?.aborted === true || !(error instanceof StepProblem)) throw error;
      }
    await git("fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*");
  }

  async #git(args: readonly string[]): Promise<string> {
    const { env, signal } = this.#options;
    const { remote } = this.#url;
    const program = findProgram("git", env["PATH"]);
    if (program === undefined) throw new ProgramNotFoundError("git", `fetch ${remote}`);
    try {
      const { stdout } = await run(program, [...GUARDED, ...args], {
        env: { ...env, ...GUARDS, ...this.#credentials() },
        timeoutMs: TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      });
      return stdout.toString();
    } catch (error) {
      if (!(error instanceof ProgramFailedError)) throw error;
      const words = error.stderr
        .split("\n")
        .filter((line) => /^(?:fatal|error|remote|ssh):|^Host key |Permission denied/i.test(line));
      const said = words.length > 0 ? words : error.stderr.split("\n");
      throw new StepProblem(
        withoutCredentials(
          `cannot fetch ${remote}: ${said.filter((line) => line !== "").join("; ") || error.message}`,
        ),
      );
    }
  }

  /** A password goes by the environment, and to its own host only. */
  #credentials(): NodeJS.ProcessEnv {
    const { remote, credentials } = this.#url;
    if (credentials === undefined) return {};
    const { origin } = new URL(remote);
    return {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `http.${origin}/.extraHeader`,
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(credentials).toString("base64")}`,
    };
  }
}

const GUARDED = [
  ...["-c", "core.hooksPath=/dev/null"],
  ...["-c", "core.fsmonitor=false"],
  ...["-c", "protocol.ext.allow=never"],
  ...["-c", "core.autocrlf=false"],
  ...["-c", "gc.auto=0"],
];

const GUARDS: NodeJS.ProcessEnv = {
  GIT_ALLOW_PROTOCOL: "http:https:ssh:git",
  GIT_PROTOCOL_FROM_USER: "0",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "true",
  SSH_ASKPASS: "true",
  SSH_ASKPASS_REQUIRE: "never",
  LC_ALL: "C",
};

/** Without what tells when and how it was fetched: two checkouts of a commit are the same. */
async function forgetTheMoment(
  folder: string,
  git: (...args: readonly string[]) => Promise<string>,
): Promise<void> {
  for (const name of ["index", "FETCH_HEAD", "ORIG_HEAD"])
    rmSync(join(folder, ".git", name), { force: true });
  await git("read-tree", "HEAD"); // an index that knows nothing of inodes and times
}

/** Gives every file the same time, and modes that do not depend on the umask. */
function settle(folder: string, seconds: number): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const stats = lstatSync(path);
    if (stats.isDirectory()) settle(path, seconds);
    if (!stats.isSymbolicLink())
      chmodSync(path, stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o755 : 0o644);
    lutimesSync(path, seconds, seconds);
  }
  lutimesSync(folder, seconds, seconds);
}
