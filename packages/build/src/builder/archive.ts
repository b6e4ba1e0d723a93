import { posix } from "node:path";
import { Readable } from "node:stream";
import { closeSync, createReadStream } from "node:fs";
import { decompress, detectCompression, TarReader, type TarContent, type TarEntry } from "@wherry/core/layer";
import { StepProblem } from "./errors.ts";
import { join } from "./copy-source.ts";
import type { ModeChange } from "./file-mode.ts";
import type { ContentSource, LayerDraft } from "./layer-draft.ts";
import { ROOT, type Owner } from "./owner.ts";
import { readRange, Spool } from "./spool.ts";
import { storedContent } from "./stored-content.ts";
import { resolvePath, type TreeNode } from "./tree.ts";

/** An unpacked tar archive, to be read in any order. */
export interface Archive extends Disposable {
  readonly entries: readonly ArchiveEntry[];
  readonly spool: Spool;
}

interface ArchiveEntry {
  readonly entry: TarEntry;
  readonly offset: number;
}

/**
 * Opens a file as a tar archive, by what is in it and not by its name: plain, gzip, zstd, bzip2 or xz. Undefined when
 * it is none.
 *
 * @param temporary folder for the uncompressed copy, which has no name there.
 * @throws {InvalidTarError | DamagedCompressionError} when it begins as an archive and does not go on as one.
 */
export async function openArchive(open: () => TarContent, temporary: string): Promise<Archive | undefined> {
  const head = await firstBytes(open());
  const compression = detectCompression(head);
  if (compression === "none" ? !beginsTar(head) : !beginsTar(await headOf(open(), compression)))
    return undefined;
  const spool = new Spool(temporary);
  try {
    const entries: ArchiveEntry[] = [];
    const reader = new TarReader({
      entry: (entry, offset) => entries.push({ entry, offset }) > 0,
      content: () => undefined,
      end: () => undefined,
    });
    for await (const piece of decompress(streamOf(open()), compression) as AsyncIterable<Buffer>) {
      spool.write(piece);
      reader.write(piece);
    }
    reader.finish();
    return { entries, spool, [Symbol.dispose]: () => spool[Symbol.dispose]() };
  } catch (error) {
    spool[Symbol.dispose]();
    throw error;
  }
}

/**
 * Unpacks an archive into a directory of the layer. Links that are there already are followed inside the image.
 *
 * @throws {StepProblem} for an entry that leads out of the directory.
 */
export function unpackInto(
  draft: LayerDraft,
  { entries, spool }: Archive,
  { destination, owner, mode }: { destination: string; owner?: Owner; mode?: ModeChange },
): void {
  const root = draft.makeDirectories(destination, owner ?? ROOT);
  const unpacked = new Map<string, { node: TreeNode; content: ContentSource }>();
  for (const { entry, offset } of entries) {
    const path = insidePath(entry.path);
    if (path === "") continue;
    const parent = draft.makeDirectories(join(root, posix.dirname(path).replace(/^\.$/, "")), owner ?? ROOT);
    const { path: _path, type, sparse: _sparse, linkName, ...fields } = entry;
    if (type === "link") {
      const target = unpacked.get(insidePath(linkName ?? ""));
      if (target === undefined)
        throw new StepProblem(
          `archive entry ${entry.path} is a hard link to ${linkName ?? ""}, which is not before it`,
        );
      draft.add(join(parent, posix.basename(path)), target.node, target.content);
      continue;
    }
    const node: TreeNode = {
      ...fields,
      type,
      ...(owner ?? {}),
      ...(mode === undefined || type === "symlink" ? {} : { mode: mode(entry.mode, type === "directory") }),
      ...(type === "symlink" && linkName !== undefined ? { linkName } : {}),
      ...(type === "file" ? { identity: `archive:${spool.fd}:${offset}:${path}` } : {}),
    };
    const content = () => storedContent(spool.fd, entry, offset);
    draft.add(targetOf(draft, join(parent, posix.basename(path)), type), node, content);
    unpacked.set(path, { node, content });
  }
}

/** A directory of the archive where the image has a link to one goes where that leads, as with tar(1) in a container. */
function targetOf(draft: LayerDraft, path: string, type: TarEntry["type"]): string {
  if (type !== "directory") return path;
  const resolved = resolvePath(draft, path);
  return draft.node(resolved)?.type === "directory" ? resolved : path;
}

function insidePath(path: string): string {
  if (path.split("/").includes("..") && posix.normalize(path.replace(/^\/+/, "")).startsWith(".."))
    throw new StepProblem(`archive entry ${JSON.stringify(path)} leads out of the destination`);
  return posix.normalize(`/${path}`).replace(/^\/|\/$/g, "");
}

const HEAD = 512;

async function firstBytes(content: TarContent): Promise<Buffer> {
  const stream = streamOf(content);
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of stream as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size >= HEAD) break;
  }
  return Buffer.concat(pieces).subarray(0, HEAD);
}

/** The first uncompressed bytes; empty when it only looked compressed. */
async function headOf(
  content: TarContent,
  compression: ReturnType<typeof detectCompression>,
): Promise<Buffer> {
  try {
    return await firstBytes(decompress(streamOf(content), compression));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_WHERRY_DAMAGED_COMPRESSION")
      return Buffer.alloc(0);
    throw error;
  }
}

/** Whether a block is a tar header, by its checksum; an archive without entries is one too. */
function beginsTar(head: Uint8Array): boolean {
  if (head.length < HEAD) return false;
  const stored = Number.parseInt(
    Buffer.from(head.subarray(148, 156))
      .toString("latin1")
      .replace(/[\0 ]+/g, " ")
      .trim(),
    8,
  );
  const sum = head.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  return stored === sum;
}

/** Content as a stream that closes what it reads. */
function streamOf(content: TarContent): Readable {
  if (typeof content === "number") {
    return Readable.from(fromStart(content), { objectMode: false });
  }
  if (content instanceof Uint8Array) return Readable.from([content], { objectMode: false });
  if ("path" in content) return createReadStream(content.path);
  return Readable.from(content, { objectMode: false });
}

function* fromStart(fd: number): Generator<Uint8Array> {
  try {
    yield* readRange(fd, 0);
  } finally {
    closeSync(fd);
  }
}
