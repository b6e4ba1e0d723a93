import type { LogEntry } from "@wherry/core/container";

/** Puts the pieces of a container's log together as they are shown; each stream has its own lines. */
export class LogLines {
  readonly #name: string | undefined;
  readonly #timestamps: boolean;
  readonly #isOpen = { stdout: false, stderr: false };

  constructor({ name, timestamps }: { readonly name: string | undefined; readonly timestamps: boolean }) {
    this.#name = name;
    this.#timestamps = timestamps;
  }

  format({ time, stream, text, isPartial }: LogEntry): Buffer {
    const head = this.#isOpen[stream] ? "" : this.#headOf(time);
    this.#isOpen[stream] = isPartial;
    return Buffer.concat([Buffer.from(head), text, Buffer.from(isPartial ? "" : "\n")]);
  }

  #headOf(time: string): string {
    return `${this.#name === undefined ? "" : `${this.#name} `}${this.#timestamps ? `${time.replace(/\+00:00$/, "Z")} ` : ""}`;
  }
}
