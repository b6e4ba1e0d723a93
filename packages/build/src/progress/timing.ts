import { formatDuration, formatSize, phaseLine, type CopyProgress } from "@wherry/core/cli";
import { stepLine, type BuildEvent } from "../builder/index.ts";

/** Takes the times of a build's phases and steps, to print them at the end. */
export class Timing {
  readonly #now: () => number;
  readonly #start: number;
  readonly #steps: string[] = [];
  #fetched = 0;
  #begun: number | undefined;
  #committing: number | undefined;

  /** @param now milliseconds since the process began */
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
    const made = event.size === undefined || event.cached ? "" : `  ${formatSize(event.size)}`;
    this.#steps.push(`  ${time.padStart(9)}  ${stepLine(event.name).split("\n", 1)[0] ?? ""}${made}`);
  }

  /** Counts the bytes that were fetched of base images. */
  readonly onCopy: CopyProgress["onEvent"] = (event) => {
    if (event.kind === "copied") this.#fetched += event.blob.size;
  };

  /** Lines such as `reading 12ms`, one for each phase, with the steps below theirs and the bytes they made. */
  report(): string {
    const end = this.#now();
    const begun = this.#begun ?? end;
    const committing = this.#committing ?? end;
    return [
      phaseLine("start-up", this.#start),
      phaseLine("reading", begun - this.#start),
      phaseLine("steps", committing - begun, this.#fetched === 0 ? undefined : this.#fetched),
      ...this.#steps.map((step) => `${step}\n`),
      phaseLine("commit", end - committing),
      phaseLine("total", end),
    ].join("");
  }
}

function spanOf(milliseconds: number): string {
  return formatDuration(Math.round(milliseconds));
}
