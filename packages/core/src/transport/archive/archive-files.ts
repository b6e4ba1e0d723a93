import { closeSync, createReadStream, openSync, read, readSync, rmSync, statSync } from "node:fs";
import { posix } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { FileSystemError } from "../../error/index.ts";
import { endAtSignals, openTemporaryFile, TooLargeError, writeFully } from "../../io/index.ts";
import { InvalidLayoutError } from "../errors.ts";
import { READ_CHUNK, type ImageFiles } from "../image-files.ts";

const readAt = promisify(read);

/** More members than any honest archive of images has. */
const MEMBER_LIMIT = 500_000;
const LINK_LIMIT = 8;

/** Where a member's content is in the archive, or the name of the member that has it. */
type Member = { readonly offset: number; readonly size: number } | { readonly target: string };

/**
 * The members of a tar archive, read where they are, without unpacking: names in it are only ever compared, never used as
 * paths. `-` is standard input. An archive that is compressed or comes through a pipe is first copied to a file that has no name any more.
 *
 * @throws {InvalidTarError | InvalidLayoutError | DamagedCompressionError | FileSystemError}
 */
export async function archiveFiles(path: string, temporaryDirectory: string): Promise<ImageFiles> {
  const fd = await openPlain(path, temporaryDirectory);
  try {
    return new ArchiveFiles(path, fd, await readMembers(path, fd));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

class ArchiveFiles implements ImageFiles {
  readonly place: string;
  readonly #fd: number;
  readonly #members: ReadonlyMap<string, Member>;
  #isOpen = true;

  constructor(place: string, fd: number, members: ReadonlyMap<string, Member>) {
    this.place = place;
    this.#fd = fd;
    this.#members = members;
  }

  sizeOf(name: string): number | undefined {
    return this.#find(name)?.size;
  }

  readBytes(name: string, limit: number): Buffer | undefined {
    const member = this.#find(name);
    if (member === undefined) return undefined;
    if (member.size > limit) throw new TooLargeError(`${name} in ${this.place}`, limit);
    const bytes = Buffer.alloc(member.size);
    for (let read = 0; read < bytes.length;) {
      const size = readSync(this.#fd, bytes, read, bytes.length - read, member.offset + read);
      if (size === 0) throw new InvalidLayoutError(this.place, `ends within ${name}`);
      read += size;
    }
    return bytes;
  }

  open(name: string): Readable | undefined {
    const member = this.#find(name);
    if (member === undefined) return undefined;
    return Readable.from(this.#pieces(member), { objectMode: false });
  }

  [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOpen) closeSync(this.#fd);
    this.#isOpen = false; // a second time would close whatever has the number by then
    return Promise.resolve();
  }

  /** A read stream of node:fs would close the descriptor, which all members share. */
  async *#pieces({ offset, size }: { offset: number; size: number }): AsyncGenerator<Buffer> {
    const end = offset + size;
    for (let position = offset; position < end;) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_CHUNK, end - position));
      const { bytesRead } = await readAt(this.#fd, buffer, 0, buffer.length, position);
      if (bytesRead === 0) return; // who checks sizes says so
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /** docker's older archives have links where layers repeat. */
  #find(name: string): { offset: number; size: number } | undefined {
    let member = this.#members.get(posix.normalize(name));
    for (let links = 0; member !== undefined && "target" in member; links++) {
      if (links === LINK_LIMIT) throw new InvalidLayoutError(this.place, `has links in a circle at ${name}`);
      member = this.#members.get(member.target);
    }
    return member;
  }
}

async function readMembers(path: string, fd: number): Promise<Map<string, Member>> {
  const { TarReader } = await import("../../layer/index.ts");
  const members = new Map<string, Member>();
  const reader = new TarReader({
    entry({ path: entryPath, type, size, linkName = "", sparse }, offset) {
      const name = posix.normalize(entryPath);
      if (members.size === MEMBER_LIMIT) throw new InvalidLayoutError(path, "has too many members");
      if (sparse !== undefined) throw new InvalidLayoutError(path, `has a sparse member ${entryPath}`);
      if (members.has(name)) return true; // the first one counts, as for other readers of such archives
      if (type === "file") members.set(name, { offset, size });
      else if (type === "link") members.set(name, { target: posix.normalize(linkName) });
      else if (type === "symlink")
        members.set(name, { target: posix.normalize(posix.join(posix.dirname(name), linkName)) });
      return true;
    },
    content: () => undefined,
    end: () => undefined,
  });
  const buffer = Buffer.allocUnsafe(READ_CHUNK);
  for (let position = 0; ;) {
    const size = readSync(fd, buffer, 0, buffer.length, position);
    if (size === 0) break;
    position += size;
    reader.write(buffer.subarray(0, size));
  }
  reader.finish();
  return members;
}

/** A descriptor of an uncompressed tar that can be read at any place. */
async function openPlain(path: string, temporaryDirectory: string): Promise<number> {
  let fd: number;
  try {
    fd = path === "-" ? 0 : endAtSignals(() => openSync(path, "r"));
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
  const { decompress, detectCompression } = await import("../../layer/index.ts");
  if (fd === 0 || !statSync(path).isFile())
    fd = await copied(createReadStream("", { fd }), path, temporaryDirectory);
  const head = Buffer.alloc(6);
  const size = readSync(fd, head, 0, head.length, 0);
  const compression = detectCompression(head.subarray(0, size));
  if (compression === "none") return fd;
  const file = createReadStream("", { fd, start: 0, highWaterMark: READ_CHUNK });
  return copied(decompress(file, compression), path, temporaryDirectory);
}

/** Copies content into a file without a name, which goes when it is closed. */
async function copied(content: Readable, path: string, temporaryDirectory: string): Promise<number> {
  const { fd, path: temporary } = openTemporaryFile(temporaryDirectory, "archive-");
  rmSync(temporary);
  try {
    for await (const chunk of content as AsyncIterable<Uint8Array>) {
      writeFully(fd, chunk);
    }
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error instanceof Error && "syscall" in error
      ? new FileSystemError("copy into a temporary file", path, error)
      : error;
  }
}
