export { ProgramFailedError, ProgramNotFoundError } from "./errors.ts";
export { findProgram } from "./find-program.ts";
export { heardSignals, ignoreHangup, isHangupIgnored } from "./hangup.ts";
export { holdLock, type HoldOptions } from "./hold-lock.ts";
export { identify, isRunning, type ProcessIdentity } from "./identity.ts";
export { lockFile, LockTimeoutError } from "./lock.ts";
export { observePrograms, run, start, tellProgram, type Finished, type RunOptions } from "./run.ts";
