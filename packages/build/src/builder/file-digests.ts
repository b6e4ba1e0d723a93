import { hash } from "node:crypto";
import type { Stats } from "node:fs";
import { join } from "node:path";
import { makeDirectory, readIfThere, writeFileAtomically } from "@wherry/core/io";

/** Raise it when the lines change. */
const HEADER = "wherry file digests 1";

/** A file that changed so shortly before it was read may change again within the same tick of the clock. */
const SETTLED_MS = 2_000;

/**
 * The sha256 of a context's files, kept between builds: a file whose size, times and inode are as they were is not read again.
 * Files that changed only a moment ago are never kept.
 */
export class FileDigests {
  readonly #path: string;
  #known: Map<string, string> | undefined;
  /** What was learned: entries that are new, or otherwise than they were. */
  readonly #news = new Map<string, string>();

  /** @param root real path of the context. */
  constructor(cacheDir: string, root: string) {
    this.#path = join(cacheDir, "context-digests", hash("sha256", root).slice(0, 32));
  }

  /** The digest in hex of a file that looks so; `read` gives it when it is not known. */
  of(path: string, { mark, changedMs }: FileLook, read: () => string): string {
    this.#known ??= readKept(this.#path);
    const entry = this.#known.get(path);
    if (entry !== undefined && entry[mark.length] === " " && entry.startsWith(mark))
      return entry.slice(mark.length + 1);
    const digest = read();
    if (Date.now() - changedMs > SETTLED_MS) this.#news.set(path, `${mark} ${digest}`);
    return digest;
  }

  /** Writes down what was learned, if anything was. */
  save(): void {
    if (this.#news.size === 0) return;
    const merged = new Map([...(this.#known ?? []), ...this.#news]);
    const lines = [...merged].map(([path, entry]) => `${entry} ${JSON.stringify(path)}`);
    makeDirectory(join(this.#path, ".."));
    writeFileAtomically(this.#path, `${[HEADER, ...lines].join("\n")}\n`, { sync: false });
  }
}

/** How a file looks: as little of it as is needed, for a context has many. */
export interface FileLook {
  /** What changes when the file does: size, times, inode. */
  readonly mark: string;
  /** The later of its times. */
  readonly changedMs: number;
}

export function lookOf({ size, mtimeMs, ctimeMs, ino, dev }: Stats): FileLook {
  return { mark: `${size} ${mtimeMs} ${ctimeMs} ${ino} ${dev}`, changedMs: Math.max(ctimeMs, mtimeMs) };
}

/** Lines of SIZE MTIME CTIME INODE DEVICE DIGEST PATH; a file that is not so is as good as none. One line is looked at at a time. */
function readKept(path: string): Map<string, string> {
  const known = new Map<string, string>();
  const text = readIfThere(path) ?? "";
  if (!text.startsWith(`${HEADER}\n`)) return known;
  let start = HEADER.length + 1;
  for (let end = text.indexOf("\n", start); end >= 0; end = text.indexOf("\n", start)) {
    const quote = text.indexOf(' "', start);
    if (quote > start && quote < end) known.set(nameIn(text.slice(quote + 1, end)), text.slice(start, quote));
    start = end + 1;
  }
  return known;
}

/** What a name in quotes says; few have anything that was escaped. */
function nameIn(quoted: string): string {
  return quoted.includes("\\") ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
}
