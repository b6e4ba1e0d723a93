import { constants } from "node:os";
import { InterruptedError } from "./errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long a command may clean up after a signal before the program ends anyway. */
const GRACE_MS = 5000;

/** Ctrl-C as an AbortSignal. */
export interface Interruption {
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an AbortSignal, so that work under way ends in order. A second signal, or
 * work that does not end within 5 seconds, ends the program at once.
 */
export function watchSignals(exit: (status: number) => never): Interruption {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    const interrupted = new InterruptedError(name, constants.signals[name]);
    if (controller.signal.aborted) exit(interrupted.exitStatus);
    controller.abort(interrupted);
    setTimeout(() => exit(interrupted.exitStatus), GRACE_MS).unref();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}
