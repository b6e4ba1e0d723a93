import { isMap, sortedKeys, typeName } from "./values.ts";

/** `len`. @throws Error in Go's words */
export function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  throw new Error(
    value === null || value === undefined
      ? "reflect: call of reflect.Value.Type on zero Value"
      : `len of type ${typeName(value)}`,
  );
}

/** One step of `index`. @throws Error in Go's words */
export function elementOf(collection: unknown, key: unknown): unknown {
  if (collection === null || collection === undefined) throw new Error("index of untyped nil");
  if (Array.isArray(collection) || typeof collection === "string") {
    const length = typeof collection === "string" ? Buffer.byteLength(collection) : collection.length;
    if (typeof key !== "number") throw new Error(`cannot index slice/array with ${typeOrNil(key)}`);
    if (key < 0 || key >= length) throw new Error(`index out of range: ${key}`);
    return typeof collection === "string" ? Buffer.from(collection)[key] : collection[key];
  }
  if (!isMap(collection)) throw new Error(`can't index item of type ${typeName(collection)}`);
  if (typeof key !== "string") throw new Error(`value has type ${typeName(key)}; should be string`);
  if (Object.hasOwn(collection, key)) return collection[key];
  const values = Object.values(collection);
  if (values.every((value) => typeof value === "string")) return "";
  return values.every((value) => Array.isArray(value)) ? [] : undefined;
}

/** `slice`. @throws Error in Go's words */
export function sliceOf(value: unknown, ...bounds: readonly unknown[]): unknown {
  if (value === null || value === undefined) throw new Error("slice of untyped nil");
  if (bounds.length > 3) throw new Error(`too many slice indexes: ${bounds.length}`);
  if (typeof value !== "string" && !Array.isArray(value)) {
    throw new Error(`can't slice item of type ${typeName(value)}`);
  }
  if (typeof value === "string" && bounds.length === 3) throw new Error("cannot 3-index slice a string");
  const bytes = typeof value === "string" ? Buffer.from(value) : undefined;
  const length = bytes?.length ?? value.length;
  for (const bound of bounds) {
    if (typeof bound !== "number") throw new Error(`cannot index slice/array with ${typeOrNil(bound)}`);
    if (bound < 0 || bound > length) throw new Error(`index out of range: ${bound}`);
  }
  const [start = 0, end = length] = bounds as readonly number[];
  if (start > end) throw new Error(`invalid slice index: ${start} > ${end}`);
  return bytes?.subarray(start, end).toString() ?? value.slice(start, end);
}

function typeOrNil(value: unknown): string {
  return value === null ? "nil" : `type ${typeName(value)}`;
}

/** What `range` walks over, as key and element; undefined when it cannot. */
export function entriesOf(value: unknown): (readonly [unknown, unknown])[] | undefined {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map((element: unknown, index) => [index, element] as const);
  if (typeof value === "number" && Number.isInteger(value)) {
    return Array.from({ length: Math.max(0, value) }, (_, index) => [index, index] as const);
  }
  if (isMap(value)) return sortedKeys(value).map((key) => [key, value[key]] as const);
  return undefined;
}
