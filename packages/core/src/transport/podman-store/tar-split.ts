import { constants, createReadStream } from "node:fs";
import { open, realpath, type FileHandle } from "node:fs/promises";
import { dirname, join, normalize, sep } from "node:path";
import { createInterface } from "node:readline";
import { createGunzip } from "node:zlib";
import * as v from "valibot";
import { FileSystemError } from "../../error/index.ts";
import { InvalidLayoutError } from "../errors.ts";

const PIECE = 256 * 1024;

/** A line of a tar-split file: bytes of the archive as they are, or the name of the file that belongs there. */
const entrySchema = v.looseObject({
  type: v.number(),
  name: v.optional(v.string()),
  name_raw: v.optional(v.nullable(v.string())),
  size: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  payload: v.optional(v.nullable(v.string())),
});

/** The archive a layer was unpacked from, byte for byte: podman keeps everything but the content of files beside them. */
export async function* assembleLayer(tarSplit: string, folder: string): AsyncGenerator<Uint8Array> {
  const packed = createReadStream(tarSplit);
  const plain = packed.pipe(createGunzip());
  packed.on("error", (error) => plain.destroy(new FileSystemError("read", tarSplit, error)));
  const root = await realpath(folder);
  try {
    for await (const line of createInterface({ input: plain, crlfDelay: Infinity })) {
      if (line === "") continue;
      const { type, name, name_raw: raw, size = 0, payload } = parseEntry(line, tarSplit);
      if (type === 2) yield Buffer.from(payload ?? "", "base64");
      else if (size > 0) {
        const path =
          raw === undefined || raw === null ? (name ?? "") : Buffer.from(raw, "base64").toString("latin1");
        yield* contentOf(root, path, size);
      }
    }
  } finally {
    packed.destroy();
    plain.destroy();
  }
}

function parseEntry(line: string, path: string): v.InferOutput<typeof entrySchema> {
  try {
    return v.parse(entrySchema, JSON.parse(line));
  } catch (error) {
    throw new InvalidLayoutError(path, "is no list of the parts of an archive", error);
  }
}

/** A file below the layer's folder; no link leads out of it. */
async function* contentOf(root: string, name: string, size: number): AsyncGenerator<Uint8Array> {
  const path = join(root, normalize(`/${name}`));
  let file: FileHandle | undefined;
  try {
    const folder = await realpath(dirname(path));
    if (folder !== root && !folder.startsWith(root + sep))
      throw new InvalidLayoutError(path, "lies outside of its layer");
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    for (let at = 0; at < size;) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, size - at));
      const { bytesRead } = await file.read(piece, 0, piece.length, at);
      if (bytesRead === 0) throw new InvalidLayoutError(path, `has ${at} bytes where the layer had ${size}`);
      at += bytesRead;
      yield piece.subarray(0, bytesRead);
    }
  } catch (error) {
    throw error instanceof Error && "syscall" in error ? new FileSystemError("read", path, error) : error;
  } finally {
    await file?.close();
  }
}
