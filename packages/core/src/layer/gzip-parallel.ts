import { availableParallelism } from "node:os";
import { Readable } from "node:stream";
import type { ZlibOptions } from "node:zlib";

const BLOCK = 256 * 1024;
const DICTIONARY = 32 * 1024;

/** Member header without name and time; "unknown" system, so that the same content gives the same bytes anywhere. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/**
 * Compresses to one gzip member (RFC 1952) on all processors: blocks of 256 KiB are deflated side by side, each with the
 * 32 KiB before it as dictionary. The bytes depend on content and level alone, not on how many processors there are.
 *
 * @param level 1 (fast) to 9 (small); default 6.
 */
export function gzipParallel(content: AsyncIterable<Uint8Array>, level = 6): Readable {
  if (content instanceof Readable) content.once("error", () => undefined); // seen when it is read
  return Readable.from(compress(content, level), { objectMode: false });
}

async function* compress(content: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Buffer> {
  const { crc32 } = await import("node:zlib");
  const limit = availableParallelism() + 2;
  const underWay: Promise<Buffer>[] = [];
  let checksum = 0;
  let size = 0;
  let dictionary: Buffer | undefined;
  yield HEADER;
  for await (const { block, isLast } of blocksOf(content)) {
    checksum = crc32(block, checksum);
    size += block.length;
    const deflated = deflate(block, dictionary, isLast, level);
    deflated.catch(() => undefined); // reported when its turn comes
    underWay.push(deflated);
    dictionary = block.subarray(-DICTIONARY);
    if (underWay.length >= limit) yield (await underWay.shift()) ?? Buffer.alloc(0);
  }
  for (const deflated of underWay) yield await deflated;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield trailer;
}

async function deflate(
  block: Buffer,
  dictionary: Buffer | undefined,
  isLast: boolean,
  level: number,
): Promise<Buffer> {
  const { deflateRaw, constants } = await import("node:zlib");
  const options: ZlibOptions = {
    level,
    finishFlush: isLast ? constants.Z_FINISH : constants.Z_SYNC_FLUSH,
    chunkSize: BLOCK / 2,
    ...(dictionary === undefined || dictionary.length === 0 ? undefined : { dictionary }),
  };
  return new Promise((resolve, reject) => {
    deflateRaw(block, options, (error, deflated) => {
      if (error === null) resolve(deflated);
      else reject(error);
    });
  });
}

/** The content in blocks of equal size; the last is shorter, and empty only when there is no content at all. */
async function* blocksOf(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ block: Buffer; isLast: boolean }> {
  let block = Buffer.allocUnsafe(BLOCK);
  let fill = 0;
  for await (const piece of content) {
    for (let at = 0; at < piece.length;) {
      if (fill === BLOCK) {
        yield { block, isLast: false };
        block = Buffer.allocUnsafe(BLOCK);
        fill = 0;
      }
      const size = Math.min(BLOCK - fill, piece.length - at);
      block.set(piece.subarray(at, at + size), fill);
      at += size;
      fill += size;
    }
  }
  yield { block: block.subarray(0, fill), isLast: true };
}
