import { pipeline, type Readable } from "node:stream";
import { constants, createZstdCompress } from "node:zlib";

/** The level of the zstd program. */
const DEFAULT_LEVEL = 3;

/**
 * Compresses to one zstd frame with a checksum (RFC 8878).
 *
 * @param level 1 (fast) to 22 (small); default 3.
 */
export function zstdCompressed(content: Readable, level = DEFAULT_LEVEL): Readable {
  const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 };
  const output = createZstdCompress({ params, chunkSize: 256 * 1024 });
  pipeline(content, output, () => undefined); // who reads the output sees the same error
  return output;
}
