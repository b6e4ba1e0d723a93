import { InvalidTarError } from "./errors.ts";
import { BLOCK_SIZE, type SparseExtent } from "./tar-entry.ts";
import { readNumber } from "./tar-number.ts";
import { paxInteger, type PaxRecords } from "./tar-pax.ts";

/** A file may be cut into so many runs, so that a map cannot fill the memory. */
const EXTENT_LIMIT = 1_000_000;

/** The `count` extents of an old GNU header block (at 386, 4 of them) or extension block (at 0, 21 of them). */
export function readOldExtents(block: Buffer, offset: number, count: number): SparseExtent[] {
  const extents: SparseExtent[] = [];
  for (let at = offset; at < offset + count * 24; at += 24) {
    if (block[at] === 0) break;
    extents.push({
      offset: readNumber(block, at, 12, "sparse map"),
      size: readNumber(block, at + 12, 12, "sparse map"),
    });
  }
  return extents;
}

/** Name, real size and map that PAX records give a sparse file (GNU formats 0.0, 0.1 and 1.0); undefined for others. */
export function sparseOfPax(
  records: PaxRecords,
):
  { path: string | undefined; realSize: number | undefined; map: SparseExtent[] | "in content" } | undefined {
  const path = records.get("GNU.sparse.name")?.toString("utf8");
  const realSize = paxInteger(records, "GNU.sparse.realsize") ?? paxInteger(records, "GNU.sparse.size");
  if (records.has("GNU.sparse.major")) {
    const version = `${paxInteger(records, "GNU.sparse.major")}.${paxInteger(records, "GNU.sparse.minor") ?? 0}`;
    if (version !== "1.0") throw new InvalidTarError(`sparse format ${version} is unknown`);
    return { path, realSize, map: "in content" };
  }
  const map = records.get("GNU.sparse.map");
  if (map === undefined) return undefined;
  const text = map.toString("latin1");
  return { path, realSize, map: pairUp(text === "" ? [] : text.split(",")) };
}

/** The map of format 1.0 that stands before the content: decimal lines, first their count. */
export class SparseMapReader {
  #numbers: string[] = [];
  #rest = "";

  /** Takes the next block; true when the map is complete. */
  add(block: Buffer): boolean {
    const lines = (this.#rest + block.toString("latin1")).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#numbers.push(line);
    if (this.#rest.length > BLOCK_SIZE) throw new InvalidTarError("its sparse map is damaged");
    const [count] = this.#numbers;
    if (count === undefined) return false;
    const pairs = toNumber(count);
    if (pairs > EXTENT_LIMIT) throw new InvalidTarError("its sparse map is too long");
    return this.#numbers.length >= 1 + 2 * pairs;
  }

  extents(): SparseExtent[] {
    const [count = "0", ...numbers] = this.#numbers;
    return pairUp(numbers.slice(0, 2 * toNumber(count)));
  }
}

/**
 * Checks a map: in order, without overlaps, inside the file, and as long as the stored content.
 *
 * @throws {InvalidTarError}
 */
export function checkExtents(extents: readonly SparseExtent[], realSize: number, storedSize: number): void {
  let end = 0;
  let stored = 0;
  if (extents.length > EXTENT_LIMIT) throw new InvalidTarError("its sparse map is too long");
  for (const { offset, size } of extents) {
    if (offset < end || size < 0) throw new InvalidTarError("its sparse map is out of order");
    end = offset + size;
    stored += size;
  }
  if (end > realSize || !Number.isSafeInteger(end)) {
    throw new InvalidTarError("its sparse map leads beyond its end");
  }
  if (stored !== storedSize) throw new InvalidTarError("its sparse map and its stored size differ");
}

function pairUp(numbers: readonly string[]): SparseExtent[] {
  if (numbers.length % 2 !== 0) throw new InvalidTarError("its sparse map is damaged");
  const extents: SparseExtent[] = [];
  for (let at = 0; at < numbers.length; at += 2) {
    extents.push({ offset: toNumber(numbers[at] ?? ""), size: toNumber(numbers[at + 1] ?? "") });
  }
  return extents;
}

function toNumber(text: string): number {
  if (!/^\d{1,16}$/.test(text)) throw new InvalidTarError("its sparse map is damaged");
  return Number(text);
}
