import type { CopyEvent } from "../image/index.ts";
import { formatDuration } from "./duration.ts";
import { formatSize } from "./units.ts";

interface Phase {
  readonly name: string;
  readonly milliseconds: number;
  readonly size: number | undefined;
}

/** Takes the times of a command's phases, each of which begins where the last one ended, for `--timing`. */
export class Phases {
  readonly #now: () => number;
  readonly #start: number;
  readonly #phases: Phase[] = [];
  #last: number;

  /**
   * @param now milliseconds since the process began
   * @param start when the first phase began, on that clock
   */
  constructor(now: () => number, start = 0) {
    this.#now = now;
    this.#start = this.#last = start;
  }

  /** Says what it was that has gone on until now, and how many bytes were moved in it, if that is what it did. */
  end(name: string, size?: number): void {
    const now = this.#now();
    this.#phases.push({ name, milliseconds: now - this.#last, size });
    this.#last = now;
  }

  /** Takes the phases of an image's copying out of its events, which go on to `next`. */
  ofCopy(next: (event: CopyEvent) => void): (event: CopyEvent) => void {
    let size = 0;
    return (event) => {
      if (event.kind === "start") this.end("manifests");
      else if (event.kind === "copied") size += event.blob.size;
      else if (event.kind === "manifests") this.end("blobs", size);
      next(event);
    };
  }

  /** A line for each phase, as `blobs     840ms  3.2 MB`, and one for all of it. */
  report(): string {
    const total = this.#now() - this.#start;
    return [...this.#phases, { name: "total", milliseconds: total, size: undefined }]
      .map(({ name, milliseconds, size }) => phaseLine(name, milliseconds, size))
      .join("");
  }
}

/** One line of `--timing`. */
export function phaseLine(name: string, milliseconds: number, size?: number): string {
  const moved = size === undefined ? "" : `  ${formatSize(size)}`;
  return `${name.padEnd(10)} ${formatDuration(Math.round(milliseconds)).padStart(8)}${moved}\n`;
}
