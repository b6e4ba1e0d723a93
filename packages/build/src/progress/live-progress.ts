import { formatSize } from "@wherry/core/cli";
import { stepLine, type BuildEvent, type Progress, type StepName } from "../builder/index.ts";

export interface LiveOptions {
  readonly write: (text: string) => void;
  readonly columns: number;
  readonly now: () => number;
  readonly warn: (text: string) => void;
}

const FRAME_MS = 200;

/**
 * A live view for a terminal: what is done stands above with its time, size or that it was cached; what is being done is
 * redrawn below with the time it takes so far. What commands write goes above too.
 */
export class LiveProgress implements Progress, Disposable {
  readonly #options: LiveOptions;
  readonly #running = new Map<StepName, number>();
  readonly #unfinished = new Map<StepName, string>();
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;

  constructor(options: LiveOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#redraw(""), FRAME_MS);
    this.#timer.unref();
  }

  event(event: BuildEvent): void {
    switch (event.type) {
      case "step":
        if (event.name.step === 1) this.#redraw(`${stepLine(event.name)}\n`);
        else this.#running.set(event.name, this.#options.now());
        break;
      case "output":
        this.#output(event.name, event.text);
        break;
      case "done":
        this.#end(event.name);
        this.#redraw(`${stepLine(event.name)}${noteOf(event)}\n`);
        break;
      case "failed":
        this.#end(event.name);
        this.#redraw(`${stepLine(event.name)}  FAILED\n`);
        break;
      case "commit":
        this.#redraw(event.title === undefined ? "COMMIT\n" : `COMMIT ${event.title}\n`);
    }
  }

  warn(text: string): void {
    this.#erase();
    this.#options.warn(text);
    this.#redraw("");
  }

  /** Makes room for other output; what is being done is drawn again with the next event. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#running.clear();
    this.#erase();
  }

  /** Whole lines only: half a line would be drawn over. */
  #output(name: StepName, text: string): void {
    const lines = ((this.#unfinished.get(name) ?? "") + text).split("\n");
    this.#unfinished.set(name, lines.pop() ?? "");
    if (lines.length > 0) this.#redraw(lines.map((line) => `  ${line}\n`).join(""));
  }

  #end(name: StepName): void {
    const rest = this.#unfinished.get(name) ?? "";
    this.#running.delete(name);
    this.#unfinished.delete(name);
    if (rest !== "") this.#redraw(`  ${rest}\n`);
  }

  #redraw(above: string): void {
    const { write, columns, now } = this.#options;
    const rows = [...this.#running].map(([name, start]) => {
      const time = ` ${((now() - start) / 1000).toFixed(1)}s`;
      const [text = ""] = stepLine(name).split("\n");
      return `${text.slice(0, Math.max(0, columns - 1 - time.length))}${time}`;
    });
    this.#erase();
    write(above + rows.map((row) => `${row}\n`).join(""));
    this.#drawn = rows.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#options.write(`\x1b[${this.#drawn}A\r\x1b[J`);
    this.#drawn = 0;
  }
}

function noteOf({ cached, size, milliseconds, reason }: BuildEvent & { type: "done" }): string {
  const notes = [
    ...(cached ? ["CACHED"] : []),
    ...(milliseconds === undefined ? [] : [`${(milliseconds / 1000).toFixed(1)}s`]),
    ...(size === undefined || cached ? [] : [formatSize(size)]),
    ...(reason === undefined ? [] : [`(${reason})`]),
  ];
  return notes.length === 0 ? "" : `  ${notes.join(" ")}`;
}
