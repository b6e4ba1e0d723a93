import { constants } from "node:os";
import { heardSignals, type start } from "../process/index.ts";

type ChildProcess = ReturnType<typeof start>;

const FROM_TERMINAL: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT"];
const PASSED: readonly NodeJS.Signals[] = [...FROM_TERMINAL, "SIGTERM", "SIGHUP"];

/**
 * Waits for a program that shares our terminal. Signals are left to it: what the terminal sends reaches it directly,
 * the others are passed on.
 *
 * @returns its exit status; 128 and the signal's number when a signal ended it
 */
export async function waitInForeground(child: ChildProcess): Promise<number> {
  const handlers = heardSignals(PASSED).map((name) => {
    const handler = () => {
      if (!(process.stdin.isTTY && FROM_TERMINAL.includes(name))) child.kill(name);
    };
    process.on(name, handler);
    return [name, handler] as const;
  });
  try {
    return await exitStatus(child);
  } finally {
    for (const [name, handler] of handlers) process.off(name, handler);
  }
}

/** A program's exit status; 128 and the signal's number when a signal ended it. */
export function exitStatus(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => resolve(status ?? 128 + constants.signals[signal ?? "SIGKILL"]));
  });
}
