import { constants } from "node:os";
import { heardSignals } from "../process/index.ts";
import { InterruptedError } from "./errors.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long a command may clean up after a signal before the program ends anyway. */
const GRACE_MS = 5000;

/** Ctrl-C as an AbortSignal. */
export interface Interruption {
  readonly signal: AbortSignal;
  readonly release: () => void;
  /** Ends the work as a signal does: the reader of our output has gone, and nothing that waits for it was told. */
  readonly outputClosed: () => void;
}

/**
 * Turns SIGINT, SIGTERM and SIGHUP into an AbortSignal, so that work under way ends in order. A second signal, or
 * work that does not end within 5 seconds, ends the program at once. A SIGHUP that is ignored (`ignoreHangup`) stays so.
 */
export function watchSignals(exit: (status: number) => never): Interruption {
  const controller = new AbortController();
  const endAnyway = (name: NodeJS.Signals) => {
    process.once("exit", () => {
      dieOf(name);
    });
    exit(128 + constants.signals[name]);
  };
  const interrupt = (name: NodeJS.Signals) => {
    controller.abort(new InterruptedError(name, constants.signals[name]));
    setTimeout(endAnyway, GRACE_MS, name).unref();
  };
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) endAnyway(name);
    else interrupt(name);
  };
  const heard = heardSignals(SIGNALS);
  let isReleased = false;
  for (const name of heard) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      isReleased = true;
      for (const name of heard) process.off(name, onSignal);
    },
    outputClosed: () => {
      if (isReleased) exit(128 + constants.signals.SIGPIPE);
      if (!controller.signal.aborted) interrupt("SIGPIPE");
    },
  };
}

/** The system ends the process: to exit, Node would wait for threads of its own, one of which may be opening a pipe that nobody writes. */
function dieOf(name: NodeJS.Signals): void {
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}
