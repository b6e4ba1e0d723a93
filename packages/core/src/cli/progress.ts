import { formatSize } from "./units.ts";

/** What happens to one thing that is copied, unpacked or built. `item` names it: "blob 4abcf2066143". */
export type ProgressEvent =
  | { readonly kind: "start"; readonly item: string; readonly total?: number }
  | { readonly kind: "advance"; readonly item: string; readonly done: number }
  /** Without a note its bar goes, and nothing is said of it. */
  | { readonly kind: "end"; readonly item: string; readonly note?: string }
  | { readonly kind: "message"; readonly text: string };

export interface ProgressOptions {
  /** Where it goes: standard error. */
  readonly write: (text: string) => void;
  /** Width of the terminal; undefined where there is none: then one plain line is written per event worth one. */
  readonly columns: number | undefined;
  readonly now: () => number;
}

/** Redrawn at most this often. */
const FRAME_MS = 100;

/** Bars drawn at a time: all that is drawn must fit on the terminal. */
const MOST_BARS = 10;

const BAR_WIDTH = 30;

interface Row {
  readonly item: string;
  readonly total: number | undefined;
  done: number;
}

/**
 * Shows work under way: on a terminal a bar for each item, redrawn in place, finished items above; elsewhere a line
 * when an item starts and when something is said. Give `report` to whoever works.
 */
export class ProgressDisplay implements Disposable {
  readonly #options: ProgressOptions;
  readonly #rows = new Map<string, Row>();
  #drawnLines = 0;
  #drawnAt = -Infinity;

  constructor(options: ProgressOptions) {
    this.#options = options;
  }

  readonly report = (event: ProgressEvent): void => {
    switch (event.kind) {
      case "start":
        this.#rows.set(event.item, { item: event.item, total: event.total, done: 0 });
        if (this.#options.columns === undefined) this.#options.write(`Copying ${event.item}\n`);
        break;
      case "advance": {
        const row = this.#rows.get(event.item);
        if (row !== undefined) row.done = event.done;
        if (this.#options.now() - this.#drawnAt < FRAME_MS) return;
        break;
      }
      case "end":
        this.#rows.delete(event.item);
        this.#say(
          `Copying ${event.item} ${event.note ?? ""}`,
          event.note !== undefined && this.#options.columns !== undefined,
        );
        break;
      case "message":
        this.#say(event.text, true);
    }
    this.#draw();
  };

  /** Does what writes to the terminal too, with no bar in its way. */
  around(write: () => void): void {
    this.#erase();
    write();
    this.#draw();
  }

  /** Takes the bars of unfinished items away. */
  [Symbol.dispose](): void {
    this.#rows.clear();
    this.#erase();
  }

  #say(line: string, wanted: boolean): void {
    this.#erase();
    if (wanted) this.#options.write(`${line}\n`);
  }

  #erase(): void {
    if (this.#drawnLines > 0) this.#options.write(`\x1b[${this.#drawnLines}A\r\x1b[J`);
    this.#drawnLines = 0;
  }

  #draw(): void {
    const { columns, write, now } = this.#options;
    if (columns === undefined) return;
    this.#erase();
    this.#drawnAt = now();
    const rows = [...this.#rows.values()];
    const hidden = rows.length - MOST_BARS;
    const lines = rows.slice(0, MOST_BARS).map((row) => lineOf(row).slice(0, columns - 1));
    if (hidden > 0) lines.push(`and ${hidden} more`);
    if (lines.length > 0) write(`${lines.join("\n")}\n`);
    this.#drawnLines = lines.length;
  }
}

function lineOf({ item, total, done }: Row): string {
  if (total === undefined || total === 0) return `Copying ${item} ${formatSize(done)}`;
  const filled = Math.min(BAR_WIDTH, Math.floor((done / total) * BAR_WIDTH));
  const bar = "=".repeat(filled) + (filled < BAR_WIDTH ? ">" : "");
  return `Copying ${item} [${bar.padEnd(BAR_WIDTH)}] ${formatSize(done)} / ${formatSize(total)}`;
}
