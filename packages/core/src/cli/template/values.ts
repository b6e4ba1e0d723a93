import { GoTime } from "./time.ts";

const maps = new WeakSet<object>();

/** Marks an object as a Go map: absent keys are no error and it prints as `map[k:v]`. Labels are such a map. */
export function goMap<T extends object>(record: T): T {
  maps.add(record);
  return record;
}

const typeNames = new WeakMap<object, string>();

/** Says what Go calls the type of a struct, for messages: `*define.InspectContainerState`. */
export function goType<T extends object>(record: T, name: string): T {
  typeNames.set(record, name);
  return record;
}

/**
 * Gives a struct fields that templates know and JSON does not show: what Go calls a field that has another name in JSON, and
 * what JSON leaves out because it is empty.
 */
export function goFields<T extends object>(record: T, fields: Readonly<Record<string, unknown>>): T {
  for (const [name, value] of Object.entries(fields))
    if (!Object.hasOwn(record, name)) Object.defineProperty(record, name, { value });
  return record;
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
  if (Array.isArray(value))
    return value.length > 0 && value.every((element) => typeof element === "string")
      ? "[]string"
      : "[]interface {}";
  switch (typeof value) {
    case "number":
      return Number.isInteger(value) ? "int" : "float64";
    case "boolean":
      return "bool";
    case "bigint":
      return "int64";
    case "object":
      return (
        typeNames.get(value) ??
        (value instanceof GoTime ? "time.Time" : isStruct(value) ? "struct" : "map[string]interface {}")
      );
    default:
      return typeof value;
  }
}
