import { closeSync, linkSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError, WherryError } from "../error/index.ts";
import { monotonicMs, sleepSync } from "../io/index.ts";

/** Nobody who changes such a file takes so long: who has the lock for longer was killed. */
const STALE_MS = 10_000;
const PATIENCE_MS = 20_000;
const STEP_MS = 2;

/** Others keep the index of an OCI layout locked, or the manifest of an image's folder. */
export class LayoutBusyError extends WherryError {
  override readonly code = "ERR_WHERRY_LAYOUT_BUSY";
  constructor(path: string) {
    super(`${path} is being changed by others for more than ${PATIENCE_MS / 1000} s`, {
      hint: "try again when they are done",
    });
  }
}

/** As `withFileLock`, for the index of an OCI layout. @throws {LayoutBusyError} */
export function withIndexLock<T>(layout: string, work: () => T): T {
  return withFileLock(layout, "index.json", work);
}

/**
 * Does what reads and then writes a file of a folder while no other process does: of two at a time each would lose what
 * the other wrote. The lock is a file, since it has to work on every system; it is kept for milliseconds.
 *
 * @param work must not wait for anything
 * @throws {LayoutBusyError}
 */
export function withFileLock<T>(folder: string, name: string, work: () => T): T {
  const lock = join(folder, lockName(name));
  takeLock(lock, folder);
  try {
    return work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** The name of the lock beside a file. */
export function lockName(name: string): string {
  return `.${name}.lock`;
}

function takeLock(lock: string, folder: string): void {
  const start = monotonicMs();
  while (!created(lock, folder)) {
    if (monotonicMs() - start > PATIENCE_MS) throw new LayoutBusyError(folder);
    if (!breakStale(lock)) sleepSync(STEP_MS);
  }
}

function created(lock: string, folder: string): boolean {
  try {
    closeSync(openSync(lock, "wx", 0o600)); // empty: on a full disk too there is room for it
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw new FileSystemError("change", folder, error);
  }
}

/** Takes away the lock of somebody who was killed; should it be another's by then, it is put back. */
function breakStale(lock: string): boolean {
  const isOld = (path: string): boolean => {
    const stat = statSync(path, { throwIfNoEntry: false });
    // one of the future is of a time before the clock was set back
    return stat !== undefined && Math.abs(Date.now() - stat.mtimeMs) > STALE_MS;
  };
  if (!isOld(lock)) return false;
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (!isOld(aside)) linkSync(aside, lock);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" && errnoOf(error) !== "EEXIST") throw error;
  }
  rmSync(aside, { force: true });
  return true;
}
