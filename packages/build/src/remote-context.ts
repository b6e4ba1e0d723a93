import {
  closeSync,
  createWriteStream,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { makeTemporaryFolder, readStandardInput } from "@wherry/core/io";
import { run } from "@wherry/core/process";
import { realPathInside } from "./builder/confined-path.ts";
import { download } from "./builder/download.ts";
import { BuildRequestError, StepProblem } from "./builder/errors.ts";
import { GitRepository } from "./builder/git-repository.ts";
import { isGitUrl } from "./builder/git-url.ts";
import { readRange } from "./builder/spool.ts";
import { commitTimeOf } from "./request/commit-time.ts";

/** A build context on this machine; what was made for it goes away on dispose. */
export interface LocalContext extends Disposable {
  readonly folder: string;
  /** The Containerfile, where the context was one: `build - <Containerfile`. */
  readonly containerfile?: string;
  /** Whether it was fetched: it is a stranger's, and no link of it leads out. */
  readonly isFetched: boolean;
  /** When its commit was made, in seconds, where it is a check-out of a git repository. */
  readonly commitTime: () => Promise<number | undefined>;
  /** Fetches another place; what is made for it goes away with this one. */
  readonly fetch: (text: string) => Promise<LocalContext>;
}

export interface RemoteOptions {
  /** Folder for what is fetched. */
  readonly temporary: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The context that a word names: a folder as it is; a git repository (`URL#REF:FOLDER`), an archive's or Containerfile's URL, an
 * archive's path, or `-`, a Containerfile or an archive on standard input, each in a folder of its own.
 *
 * @throws {BuildRequestError}
 */
export async function localContext(text: string, options: RemoteOptions): Promise<LocalContext> {
  const resources = new DisposableStack();
  const fetch = async (place: string): Promise<LocalContext> => {
    const found = await findPlace(place, { ...options, resources });
    return { ...found, fetch, [Symbol.dispose]: () => undefined };
  };
  try {
    return { ...(await fetch(text)), [Symbol.dispose]: () => resources.dispose() };
  } catch (error) {
    resources.dispose();
    if (error instanceof StepProblem)
      throw new BuildRequestError(error.message, error.hint === undefined ? {} : { hint: error.hint });
    throw error;
  }
}

/** Whether a context is fetched from elsewhere. */
export function isRemotePlace(text: string): boolean {
  return isGitUrl(text) || text.startsWith("github.com/") || /^https?:\/\//.test(text);
}

type Place = Omit<LocalContext, "fetch" | keyof Disposable>;

const NO_COMMIT = () => Promise.resolve(undefined);

interface PlaceOptions extends RemoteOptions {
  /** What is to go away at the end. */
  readonly resources: DisposableStack;
}

async function findPlace(text: string, options: PlaceOptions): Promise<Place> {
  if (text === "-") return await fromStandardInput(readStandardInput(), options);
  if (text.startsWith("github.com/")) return await fromGit(`https://${text}`, options);
  if (isGitUrl(text)) return await fromGit(text, options);
  if (isRemotePlace(text)) return await fromUrl(text, options);
  if (isArchive(text)) return await unpacked(text, options);
  return { folder: text, isFetched: false, commitTime: () => commitTimeOf(text, options.env) };
}

async function fromStandardInput(bytes: Buffer, options: PlaceOptions): Promise<Place> {
  const path = join(temporaryFolder(options), "context");
  writeFileSync(path, bytes);
  return await fromFile(path, options);
}

async function fromUrl(url: string, options: PlaceOptions): Promise<Place> {
  const { temporary, signal } = options;
  using fetched = await download(url, { temporary, ...(signal === undefined ? {} : { signal }) });
  const path = join(temporaryFolder(options), "context");
  const { fd, size } = fetched.spool;
  await pipeline(
    Readable.from(readRange(fd, 0, size)),
    createWriteStream(path, { flags: "wx", mode: 0o600 }),
  );
  return await fromFile(path, options);
}

/** An archive, or a Containerfile that is all there is. */
async function fromFile(path: string, options: PlaceOptions): Promise<Place> {
  if (isArchive(path)) return await unpacked(path, options);
  const containerfile = readFileSync(path, "utf8");
  return { folder: temporaryFolder(options), containerfile, isFetched: true, commitTime: NO_COMMIT };
}

async function fromGit(text: string, options: PlaceOptions): Promise<Place> {
  const { env, signal, resources } = options;
  const repository = new GitRepository(text, {
    ...{ env, signal },
    folder: join(temporaryFolder(options), "repository"),
  });
  const checkout = resources.use(await repository.checkOut(await repository.findCommit()));
  const folder = realPathInside(checkout.folder, repository.folder);
  if (folder === undefined)
    throw new BuildRequestError(`the repository has no folder ${repository.folder} of its own`);
  return { folder, isFetched: true, commitTime: () => Promise.resolve(checkout.date) };
}

/** Unpacks an archive, whatever its compression; names that lead out of the folder are refused by tar. */
async function unpacked(path: string, options: PlaceOptions): Promise<Place> {
  const folder = temporaryFolder(options);
  await run("tar", ["-x", "--no-same-owner", "--no-same-permissions", "-C", folder, "-f", path], {
    env: options.env,
    purpose: "unpack a build context",
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return { folder, isFetched: true, commitTime: NO_COMMIT };
}

function temporaryFolder({ temporary, resources }: PlaceOptions): string {
  return resources.adopt(makeTemporaryFolder(temporary, "wherry-context-"), (folder) =>
    rmSync(folder, { recursive: true, force: true }),
  );
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
