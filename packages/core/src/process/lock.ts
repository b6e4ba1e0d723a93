import { closeSync, openSync } from "node:fs";
import { WherryError } from "../error/index.ts";
import { HeldLock, holdLock } from "./hold-lock.ts";

/** Another process holds a lock for longer than we wait. */
export class LockTimeoutError extends WherryError {
  override readonly code = "ERR_WHERRY_LOCK_TIMEOUT";
  constructor(path: string, seconds: number) {
    super(`another process holds the lock ${path} for more than ${seconds} s`, {
      hint: `find it with \`fuser ${path}\``,
    });
  }
}

export interface LockOptions {
  /** Default 60. */
  readonly timeoutSeconds?: number | undefined;
  /** Ends the wait; what it was aborted with is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes an exclusive flock(2) on a file, which is created if missing; the kernel frees it when this process ends. One that is free
 * is taken at once; one that is not is waited for by a program beside us, so that signals are heard meanwhile.
 *
 * @throws {LockTimeoutError} and what the signal was aborted with
 */
export async function lockFile(
  path: string,
  { timeoutSeconds = 60, signal }: LockOptions = {},
): Promise<Disposable> {
  const lock =
    takeFree(path) ?? (await holdLock(path, { timeoutSeconds, ...(signal === undefined ? {} : { signal }) }));
  if (lock === undefined) throw new LockTimeoutError(path, timeoutSeconds);
  return lock;
}

/** The lock belongs to the open file description, which flock(1) locks for us: Node has no flock of its own. */
function takeFree(path: string): Disposable | undefined {
  const fd = openSync(path, "a", 0o600);
  const { spawnSync } = process.getBuiltinModule("node:child_process"); // late: it takes 4 ms to load
  const { status, error } = spawnSync("flock", ["-x", "-n", "3"], {
    stdio: ["ignore", "ignore", "ignore", fd],
  });
  if (status === 0) return new HeldLock(fd);
  closeSync(fd);
  if (error !== undefined) throw error;
  return undefined;
}
