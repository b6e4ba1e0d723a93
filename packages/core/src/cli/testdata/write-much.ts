import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { OutputClosedError, streamInto, writeAll } from "../output.ts";

const pieces = Array.from({ length: 4 }, () => Buffer.alloc(2 ** 20));
try {
  await pipeline(
    Readable.from(pieces),
    streamInto((chunk) => writeAll(1, chunk)),
  );
} catch (error) {
  writeAll(2, error instanceof OutputClosedError ? "OutputClosedError" : (error as Error).message);
}
