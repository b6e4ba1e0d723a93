import { closeSync, openSync } from "node:fs";
import { WherryError } from "../error/index.ts";

/** Another process holds a lock for longer than we wait. */
export class LockTimeoutError extends WherryError {
  override readonly code = "ERR_WHERRY_LOCK_TIMEOUT";
  constructor(path: string, seconds: number) {
    super(`another process holds the lock ${path} for more than ${seconds} s`, {
      hint: `find it with \`fuser ${path}\``,
    });
  }
}

/**
 * Takes an exclusive flock(2) on a file, which is created if missing; the kernel frees it when this process ends.
 * The lock belongs to the open file description, which flock(1) locks for us: Node has no flock of its own.
 *
 * @throws {LockTimeoutError}
 */
export function lockFile(path: string, timeoutSeconds = 60): Disposable {
  const fd = openSync(path, "a", 0o600);
  const { spawnSync } = process.getBuiltinModule("node:child_process"); // late: it takes 4 ms to load
  const { status, error } = spawnSync("flock", ["-x", "-w", String(timeoutSeconds), "3"], {
    stdio: ["ignore", "ignore", "ignore", fd],
  });
  if (status === 0) {
    return {
      [Symbol.dispose]() {
        closeSync(fd);
      },
    };
  }
  closeSync(fd);
  throw error ?? new LockTimeoutError(path, timeoutSeconds);
}
