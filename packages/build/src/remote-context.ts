import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "@wherry/core/process";
import { download } from "./builder/download.ts";
import { BuildRequestError } from "./builder/errors.ts";
import { readRange } from "./builder/spool.ts";

/** A build context on this machine; what was made for it goes away on dispose. */
export interface LocalContext extends Disposable {
  readonly folder: string;
  /** The Containerfile, where the context was one: `build - <Containerfile`. */
  readonly containerfile?: string;
}

export interface RemoteOptions {
  /** Folder for what is fetched. */
  readonly temporary: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The context that a word names: a folder as it is; a git repository (`URL#REF:FOLDER`), an archive's URL, an archive's
 * path, or `-`, a Containerfile or an archive on standard input, each in a folder of its own.
 *
 * @throws {BuildRequestError}
 */
export async function localContext(text: string, options: RemoteOptions): Promise<LocalContext> {
  if (text === "-") return fromStandardInput(readFileSync(0), options);
  if (isGit(text)) return fromGit(text, options);
  if (/^https?:\/\//.test(text)) return fromUrl(text, options);
  if (isArchive(text)) return unpacked(text, options);
  return { folder: text, [Symbol.dispose]: () => undefined };
}

function isGit(text: string): boolean {
  return /^(?:git:\/\/|git@|ssh:\/\/|https?:\/\/[^#]*\.git(?:#|$)|github\.com\/)/.test(text);
}

function fromStandardInput(bytes: Buffer, options: RemoteOptions): LocalContext | Promise<LocalContext> {
  const made = temporaryFolder(options);
  const path = join(made.folder, ".context");
  writeFileSync(path, bytes);
  if (isArchive(path)) {
    return unpacked(path, options).finally(() => made[Symbol.dispose]());
  }
  rmSync(path);
  return { ...made, containerfile: bytes.toString(), [Symbol.dispose]: () => made[Symbol.dispose]() };
}

async function fromUrl(url: string, options: RemoteOptions): Promise<LocalContext> {
  const { temporary, signal } = options;
  using fetched = await download(url, { temporary, ...(signal === undefined ? {} : { signal }) });
  const made = temporaryFolder(options);
  const path = join(made.folder, ".context");
  const bytes = Buffer.concat([...readRange(fetched.spool.fd, 0, fetched.spool.size)]);
  writeFileSync(path, bytes);
  if (isArchive(path)) return await unpacked(path, options).finally(() => made[Symbol.dispose]());
  rmSync(path);
  return { ...made, containerfile: bytes.toString(), [Symbol.dispose]: () => made[Symbol.dispose]() };
}

async function fromGit(text: string, options: RemoteOptions): Promise<LocalContext> {
  const [url = "", fragment = ""] = text.split("#", 2);
  const [ref = "", folder = ""] = fragment.split(":", 2);
  if (url.startsWith("-") || ref.startsWith("-"))
    throw new BuildRequestError(`invalid git context ${JSON.stringify(text)}`);
  const made = temporaryFolder(options);
  try {
    const git = (...args: readonly string[]) =>
      run("git", ["-C", made.folder, ...args], {
        env: { ...process.env, GIT_TERMINAL_PROMPT: "0" },
        purpose: "fetch a build context",
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    const address = url.startsWith("github.com/") ? `https://${url}` : url;
    await git("init", "--quiet");
    await git("fetch", "--quiet", "--depth", "1", "--", address, ref === "" ? "HEAD" : ref);
    await git("checkout", "--quiet", "FETCH_HEAD");
    await git("submodule", "update", "--quiet", "--init", "--recursive", "--depth", "1");
    rmSync(join(made.folder, ".git"), { recursive: true });
    return { folder: inside(made.folder, folder, text), [Symbol.dispose]: () => made[Symbol.dispose]() };
  } catch (error) {
    made[Symbol.dispose]();
    throw error;
  }
}

/** A folder of the repository; it must not lead out of it. */
function inside(root: string, folder: string, text: string): string {
  const path = join(root, folder);
  if (path !== root && !path.startsWith(`${root}/`))
    throw new BuildRequestError(`the folder of ${text} leads out of the repository`);
  return path;
}

/** Unpacks an archive, whatever its compression; names that lead out of the folder are refused by tar. */
async function unpacked(path: string, options: RemoteOptions): Promise<LocalContext> {
  const made = temporaryFolder(options);
  try {
    await run("tar", ["-x", "--no-same-owner", "-C", made.folder, "-f", path], {
      purpose: "unpack a build context",
    });
    return made;
  } catch (error) {
    made[Symbol.dispose]();
    throw error;
  }
}

function temporaryFolder({ temporary }: RemoteOptions): LocalContext {
  const folder = mkdtempSync(join(temporary, "wherry-context-"));
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Whether a file begins as gzip, xz, bzip2, zstd or plain tar. */
function isArchive(path: string): boolean {
  const head = Buffer.alloc(512);
  try {
    const fd = openSync(path, "r");
    try {
      readSync(fd, head, 0, 512, 0);
    } finally {
      closeSync(fd);
    }
  } catch {
    return false; // a folder, or nothing: said by who opens it
  }
  const magic = ["1f8b", "fd377a585a00", "425a68", "28b52ffd"];
  return (
    magic.some((hex) => head.toString("hex").startsWith(hex)) || head.toString("latin1", 257, 262) === "ustar"
  );
}
