const maps = new WeakSet<object>();

/** Marks an object as a Go map: absent keys are no error and it prints as `map[k:v]`. Labels are such a map. */
export function goMap<T extends object>(record: T): T {
  maps.add(record);
  return record;
}

/** A point in time: prints as Go's time.Time does, in JSON it is the RFC 3339 text it was made of. */
export class GoTime {
  readonly #text: string;

  /** @param text RFC 3339, with any number of digits of the second. */
  constructor(text: string) {
    this.#text = text;
  }

  /** `2026-11-23 04:49:15.322451912 +0000 UTC`. */
  toString(): string {
    const [, date, time, zone] = /^(\S+?)T([\d:.]+)(.*)$/.exec(this.#text) ?? [];
    if (date === undefined || time === undefined || zone === undefined) return this.#text;
    const [offset, name] = zone === "Z" ? ["+0000", "UTC"] : [zone.replace(":", ""), zone.replace(":", "")];
    return `${date} ${time} ${offset} ${name}`;
  }

  toJSON(): string {
    return this.#text;
  }
}

/** A list of named fields, as opposed to a map: what we made for printing, its first name upper-case as in Go. */
export function isStruct(value: unknown): value is Readonly<Record<string, unknown>> {
  if (!isRecord(value) || maps.has(value)) return false;
  const [first] = Object.keys(value);
  return first !== undefined && /^[A-Z]\w*$/.test(first);
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && !isStruct(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof GoTime);
}

/** Keys in the order Go walks a map. */
export function sortedKeys(map: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(map).sort((left, right) => (left < right ? -1 : 1));
}

/** What Go's `if` takes for true: not zero, not empty. */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isMap(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** The name of a value's type in Go, for messages. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  switch (typeof value) {
    case "number":
      return Number.isInteger(value) ? "int" : "float64";
    case "boolean":
      return "bool";
    case "object":
      return isStruct(value) ? "struct" : "map[string]interface {}";
    default:
      return typeof value;
  }
}
