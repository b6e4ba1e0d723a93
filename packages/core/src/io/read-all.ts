import { TooLargeError } from "./errors.ts";

/**
 * All bytes of a stream that must fit in memory.
 *
 * @param limit in bytes; the stream is abandoned as soon as it gives more.
 * @throws {TooLargeError}
 */
export async function readAll(
  content: AsyncIterable<Uint8Array>,
  limit: number,
  what = "content",
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of content) {
    size += chunk.length;
    if (size > limit) throw new TooLargeError(what, limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
