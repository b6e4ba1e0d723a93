import { formatDuration } from "@wherry/core/cli";
import { stepLine, type BuildEvent } from "../builder/index.ts";

/** Takes the times of a build's phases and steps, to print them at the end. */
export class Timing {
  readonly #now: () => number;
  readonly #start: number;
  readonly #steps: string[] = [];
  #begun: number | undefined;
  #committing: number | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#start = now();
  }

  event(event: BuildEvent): void {
    this.#begun ??= this.#now();
    if (event.type === "commit") this.#committing ??= this.#now();
    if (event.type !== "done" || event.name.step === 1) return;
    if (event.milliseconds === undefined && !event.cached) return;
    const time = event.milliseconds === undefined ? "cached" : spanOf(event.milliseconds);
    this.#steps.push(`  ${time.padStart(9)}  ${stepLine(event.name).split("\n", 1)[0] ?? ""}`);
  }

  /** Lines such as `reads 12ms`, one for each phase, with the steps below theirs. */
  report(): string {
    const end = this.#now();
    const begun = this.#begun ?? end;
    const committing = this.#committing ?? end;
    const line = (name: string, from: number, to: number) => `${name.padEnd(9)}${spanOf(to - from)}\n`;
    return [
      line("reading", this.#start, begun),
      line("steps", begun, committing),
      ...this.#steps.map((step) => `${step}\n`),
      line("commit", committing, end),
      line("total", this.#start, end),
    ].join("");
  }
}

function spanOf(milliseconds: number): string {
  return formatDuration(Math.round(milliseconds));
}
