export { DigestMismatchError, SizeMismatchError, TooLargeError } from "./errors.ts";
export { makeDirectory, syncDirectory, writeFileAtomically, type AtomicFileOptions } from "./atomic-file.ts";
export { Bandwidth, throttled } from "./bandwidth.ts";
export { StagedFile } from "./staged-file.ts";
export { randomHex } from "./random-hex.ts";
export { readAll } from "./read-all.ts";
export { readKept } from "./read-kept.ts";
export { GrowingFile } from "./growing-file.ts";
export { counted, selfVerifying, verified, verifyBytes } from "./verified.ts";
