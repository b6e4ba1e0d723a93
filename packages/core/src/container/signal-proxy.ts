import { constants } from "node:os";
import { heardSignals } from "../process/index.ts";
import { StartInterruptedError } from "./errors.ts";

type SignalName = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT" | "SIGUSR1" | "SIGUSR2" | "SIGCONT";
/** What breaks a start off; all of these are passed on once the program runs. */
const ENDING: readonly SignalName[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
const PASSED: readonly SignalName[] = [...ENDING, "SIGUSR1", "SIGUSR2", "SIGCONT"];

/** Signals that reach this process: before the program runs they break its start off, then they are passed on. */
export class SignalProxy {
  readonly #controller = new AbortController();
  readonly #handlers: (readonly [SignalName, () => void])[];
  /** What came too late to break the start off and too early to be passed on. */
  readonly #pending: number[] = [];
  #send: ((signal: number) => void) | undefined;

  constructor(isProxy: boolean) {
    this.#handlers = heardSignals(isProxy ? PASSED : ENDING).map((name) => [name, () => this.#receive(name)]);
    for (const [name, handler] of this.#handlers) process.on(name, handler);
  }

  get abort(): AbortSignal {
    return this.#controller.signal;
  }

  passOn(send: (signal: number) => void): void {
    this.#send = send;
    for (const signal of this.#pending.splice(0)) send(signal);
  }

  stop(): void {
    for (const [name, handler] of this.#handlers) process.off(name, handler);
  }

  #receive(name: SignalName): void {
    const number = constants.signals[name];
    if (this.#send !== undefined) {
      this.#send(number);
      return;
    }
    this.#pending.push(number);
    if (ENDING.includes(name)) this.#controller.abort(new StartInterruptedError(name, 128 + number));
  }
}
