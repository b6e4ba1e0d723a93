import { hash } from "node:crypto";
import { readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@wherry/core/error";
import { makeDirectory, writeFileAtomically } from "@wherry/core/io";

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
  readonly #now = new Map<string, string>();

  /** @param root real path of the context. */
  constructor(cacheDir: string, root: string) {
    this.#path = join(cacheDir, "context-digests", hash("sha256", root).slice(0, 32));
  }

  /** The digest in hex of a file that looks like `stats`; `read` gives it when it is not known. */
  of(path: string, stats: Stats, read: () => string): string {
    this.#known ??= readKept(this.#path);
    const mark = markOf(stats);
    const entry = this.#known.get(path);
    const known = entry?.startsWith(`${mark} `) === true ? entry.slice(mark.length + 1) : undefined;
    const isSettled = Date.now() - Math.max(stats.ctimeMs, stats.mtimeMs) > SETTLED_MS;
    const digest = known ?? read();
    if (isSettled) this.#now.set(path, `${mark} ${digest}`);
    return digest;
  }

  /** Writes down what was learned, if anything was. */
  save(): void {
    const merged = new Map([...(this.#known ?? []), ...this.#now]);
    const isNews = [...this.#now].some(([path, entry]) => this.#known?.get(path) !== entry);
    if (!isNews) return;
    const lines = [...merged].map(([path, entry]) => `${entry} ${JSON.stringify(path)}`);
    makeDirectory(join(this.#path, ".."));
    writeFileAtomically(this.#path, `${[HEADER, ...lines].join("\n")}\n`, { sync: false });
  }
}

/** What changes when a file does: size, times, inode. */
function markOf({ size, mtimeMs, ctimeMs, ino, dev }: Stats): string {
  return [size, mtimeMs, ctimeMs, ino, dev].join(" ");
}

/** Lines of SIZE MTIME CTIME INODE DEVICE DIGEST PATH; a file that is not so is as good as none. */
function readKept(path: string): Map<string, string> {
  const known = new Map<string, string>();
  const [header, ...lines] = readText(path).split("\n");
  if (header !== HEADER) return known;
  for (const line of lines) {
    const [, entry, name] = /^((?:[\d.]+ ){5}[0-9a-f]{64}) (".*")$/.exec(line) ?? [];
    if (entry !== undefined && name !== undefined) known.set(JSON.parse(name) as string, entry);
  }
  return known;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return "";
    throw error;
  }
}
