import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@wherry/core/error";
import { hostPlatform } from "@wherry/core/oci";
import { findProgram, ProgramFailedError, run } from "@wherry/core/process";
import type { Reference } from "@wherry/core/reference";
import type { Store, StoredImage } from "@wherry/core/store";
import { openArchive, unpackInto } from "../builder/archive.ts";
import { DEFAULT_PATH } from "../builder/image-config.ts";
import { LayerDraft } from "../builder/layer-draft.ts";
import { stagingName } from "../builder/spool.ts";
import { EMPTY_TREE } from "../builder/tree.ts";
import { commitBase } from "./commit-base.ts";
import { DebianBaseError } from "./errors.ts";

export interface DebianBaseOptions {
  /** Default: this machine's, when it is a Debian or a relative. */
  readonly suite?: string;
  /** Packages beyond the minimum. */
  readonly include?: readonly string[];
  /** URL of an archive; default the machine's own apt sources when the suite is its own, else Debian's. */
  readonly mirror?: string;
  readonly etc: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly now: Date;
  readonly signal?: AbortSignal;
}

/** Time for the whole of downloading and unpacking. */
const TIMEOUT_MS = 60 * 60 * 1000;

/**
 * Makes a Debian (or Ubuntu …) image with mmdebstrap, without root: in a user namespace of mmdebstrap's own.
 *
 * @throws {DebianBaseError}
 */
export async function createDebianBase(
  store: Store,
  name: Reference,
  options: DebianBaseOptions,
): Promise<StoredImage> {
  const { env, include = [], uid, signal } = options;
  const program = findProgram("mmdebstrap", env["PATH"]);
  if (program === undefined)
    throw new DebianBaseError("mmdebstrap not found, which makes Debian images without root", {
      hint: "install it: apt-get install mmdebstrap uidmap",
    });
  const { suite, sources } = suiteAndSources(options);
  store.blobs.stage().abort(); // makes the store's folders
  const tar = `${stagingName(store.paths.staging, "blob")}.tar`;
  const args = [
    `--mode=${uid === 0 ? "root" : "unshare"}`,
    "--variant=minbase",
    "--format=tar",
    ...(include.length === 0 ? [] : [`--include=${include.join(",")}`]),
    suite,
    tar,
    ...sources,
  ];
  try {
    const environment = {
      ...env,
      SOURCE_DATE_EPOCH: env["SOURCE_DATE_EPOCH"] ?? String(midnight(options.now)),
    };
    await run(program, args, {
      env: environment,
      timeoutMs: TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    return await commitTar(
      store,
      name,
      tar,
      options,
      `mmdebstrap --variant=minbase ${suite} ${include.join(",")}`.trim(),
    );
  } catch (error) {
    if (error instanceof ProgramFailedError) throw failed(suite, error);
    throw error;
  } finally {
    rmSync(tar, { force: true });
  }
}

/** Device nodes cannot be made without root, and runtimes bring their own /dev. */
const LEFT_OUT = /^(?:\.\/)?dev\/./;

async function commitTar(
  store: Store,
  name: Reference,
  tar: string,
  { now }: DebianBaseOptions,
  createdBy: string,
): Promise<StoredImage> {
  using archive = await openArchive(() => ({ path: tar }), store.paths.staging);
  if (archive === undefined) throw new DebianBaseError("mmdebstrap gave no tar archive");
  const entries = archive.entries.filter(({ entry }) => !LEFT_OUT.test(entry.path));
  // what was made today has the time of making: it gets the time of the newest file that came in a package
  const today = midnight(now);
  const date = Math.max(
    0,
    ...entries.map(({ entry }) => Math.floor(entry.mtime)).filter((mtime) => mtime < today),
  );
  const layer = new LayerDraft(EMPTY_TREE, { mtime: date });
  unpackInto(layer, { ...archive, entries }, { destination: "/" });
  return await commitBase(
    store,
    {
      layer,
      config: { Env: [`PATH=${DEFAULT_PATH}`], Cmd: ["/bin/bash"] },
      date,
      createdBy,
      platform: hostPlatform(),
      changeTime: (mtime) => Math.min(Math.floor(mtime), date),
    },
    name,
  );
}

/** Which suite, and where its packages come from, as arguments of mmdebstrap. */
function suiteAndSources({ suite, mirror, etc }: DebianBaseOptions): { suite: string; sources: string[] } {
  const own = codename(etc);
  const chosen = suite ?? own;
  if (chosen === undefined)
    throw new DebianBaseError("this machine is no Debian, so its suite cannot be the default", {
      hint: "name one, for example: wherry-build base debian NAME stable",
    });
  if (mirror !== undefined) return { suite: chosen, sources: [mirror] };
  return { suite: chosen, sources: chosen === own ? aptSources(etc, own) : [] };
}

function codename(etc: string): string | undefined {
  return /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(readText(join(etc, "os-release")))?.[1];
}

/** The files with this machine's apt sources of its suite, without those of others; none where it has none. */
function aptSources(etc: string, suite: string): string[] {
  const folder = join(etc, "apt/sources.list.d");
  const files = [join(etc, "apt/sources.list"), ...names(folder).map((name) => join(folder, name))];
  const mentions = new RegExp(`^(?:deb\\s|Suites:).*\\s${suite}(?:\\s|-updates|-security|$)`, "m");
  return files.filter((file) => /\.(?:list|sources)$/.test(file) && mentions.test(readText(file)));
}

function failed(suite: string, { stderr, status }: ProgramFailedError): DebianBaseError {
  const lines = stderr.trim().split("\n");
  const complaint =
    lines.findLast((line) => /^E:/.test(line)) ?? lines.at(-1) ?? `status ${status ?? "unknown"}`;
  return new DebianBaseError(`mmdebstrap could not make ${suite}: ${complaint}`, {
    hint: /newuidmap|subuid|unshare|user namespace/i.test(stderr)
      ? "run `wherry doctor`: it shows what is missing for user namespaces"
      : "check the suite's name and that the archive can be reached; --mirror URL names another",
  });
}

function midnight(now: Date): number {
  return Math.floor(now.getTime() / 86_400_000) * 86_400;
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "";
    throw error;
  }
}
