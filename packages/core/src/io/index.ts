export { DigestMismatchError, SizeMismatchError, TooLargeError } from "./errors.ts";
export {
  makeDirectory,
  syncDirectory,
  temporaryBeside,
  writeFileAtomically,
  type AtomicFileOptions,
} from "./atomic-file.ts";
export { Bandwidth, throttled } from "./bandwidth.ts";
export { openInPlace, outputPlace, writeOutput, type OutputPlace } from "./output-place.ts";
export { makeTemporaryFolder, openTemporaryFile } from "./temporary-folder.ts";
export { StagedFile } from "./staged-file.ts";
export { randomHex } from "./random-hex.ts";
export { monotonicMs } from "./monotonic.ts";
export { readAll } from "./read-all.ts";
export { readLimited } from "./read-limited.ts";
export { readIfThere } from "./read-if-there.ts";
export { sleepSync } from "./sleep-sync.ts";
export { endAtSignals } from "./end-at-signals.ts";
export { readStandardInput } from "./read-standard-input.ts";
export { readKept } from "./read-kept.ts";
export { GrowingFile } from "./growing-file.ts";
export { counted, selfVerifying, verified, verifyBytes, type TellsBytes } from "./verified.ts";
export { Pieces } from "./pieces.ts";
export { giveBack, LentPieces, share } from "./lent-pieces.ts";
export { writeContent } from "./write-content.ts";
export { writeFully } from "./write-fully.ts";
