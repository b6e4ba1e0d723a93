import { goJson, goText } from "./print.ts";
import { sprintf } from "./printf.ts";
import { isMap, isStruct, isTrue, typeName } from "./values.ts";

/** A function of templates; throws an Error whose message says what is wrong. */
export type TemplateFunction = (...values: readonly unknown[]) => unknown;

const HTML: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "'": "&#39;",
  '"': "&#34;",
  "\0": "\uFFFD",
};

const JS: Readonly<Record<string, string>> = {
  "<": "\\u003C",
  ">": "\\u003E",
  "&": "\\u0026",
  "=": "\\u003D",
};

/** Go's own functions; `and` and `or` are part of execution, for they stop early. */
const GO: Readonly<Record<string, TemplateFunction>> = {
  not: (value) => !isTrue(value),
  len: lengthOf,
  index: (collection, ...keys) => keys.reduce(elementOf, collection),
  slice: sliceOf,
  print: (...values) => printed(values, false),
  println: (...values) => `${printed(values, true)}\n`,
  printf: (format, ...values) => sprintf(text(format), values),
  html: (value) => goText(value).replaceAll(/[<>&'"\0]/g, (character) => HTML[character] ?? ""),
  js: (value) => goText(value).replaceAll(/[\\'"<>&=]/g, (character) => JS[character] ?? `\\${character}`),
  urlquery: (value) => encodeURIComponent(goText(value)).replaceAll("%20", "+"),
  eq: (left, ...others) => {
    if (others.length === 0) throw new Error("missing argument for comparison");
    return others.some((other) => isEqual(left, other));
  },
  ne: (left, right) => !isEqual(left, right),
  lt: (left, right) => compare(left, right) < 0,
  le: (left, right) => compare(left, right) <= 0,
  gt: (left, right) => compare(left, right) > 0,
  ge: (left, right) => compare(left, right) >= 0,
};

/** What podman, buildah, skopeo and docker add. */
const TOOLS: Readonly<Record<string, TemplateFunction>> = {
  json: (value) => goJson(value ?? null),
  join: (values, separator) =>
    Array.isArray(values) ? values.map(goText).join(text(separator)) : text(values),
  split: (value, separator) => text(value).split(text(separator)),
  lower: (value) => text(value).toLowerCase(),
  upper: (value) => text(value).toUpperCase(),
  title: (value) => text(value).replaceAll(/(?<![\p{L}\p{N}_'])\p{L}/gu, (letter) => letter.toUpperCase()),
  pad: (value, before, after) =>
    text(value) === "" ? "" : " ".repeat(Number(before)) + text(value) + " ".repeat(Number(after)),
  truncate: (value, length) => Array.from(text(value)).slice(0, Number(length)).join(""),
};

/** Every function a `--format` template may call, but `and` and `or`. */
export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = { ...GO, ...TOOLS };

function text(value: unknown): string {
  if (typeof value === "string") return value;
  throw new Error(`wrong type for value; expected string; got ${typeName(value)}`);
}

function lengthOf(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (Array.isArray(value)) return value.length;
  if (isMap(value)) return Object.keys(value).length;
  throw new Error(
    value === null || value === undefined ? "len of nil pointer" : `len of type ${typeName(value)}`,
  );
}

function elementOf(collection: unknown, key: unknown): unknown {
  if (collection === null || collection === undefined) throw new Error("index of untyped nil");
  if (Array.isArray(collection) || typeof collection === "string") {
    if (typeof key !== "number") throw new Error(`cannot index slice/array with type ${typeName(key)}`);
    if (key < 0 || key >= collection.length) throw new Error(`index out of range: ${key}`);
    return typeof collection === "string" ? Buffer.from(collection)[key] : collection[key];
  }
  if (!isMap(collection) && !isStruct(collection))
    throw new Error(`can't index item of type ${typeName(collection)}`);
  const name = goText(key);
  if (Object.hasOwn(collection, name)) return collection[name];
  return Object.values(collection).every((value) => typeof value === "string") ? "" : undefined;
}

function sliceOf(value: unknown, start: unknown = 0, end?: unknown): unknown {
  if (typeof value !== "string" && !Array.isArray(value))
    throw new Error(`can't slice item of type ${typeName(value)}`);
  const last = end ?? value.length;
  for (const index of [start, last]) {
    if (typeof index !== "number") throw new Error(`cannot index slice/array with type ${typeName(index)}`);
    if (index < 0 || index > value.length) throw new Error(`index out of range: ${index}`);
  }
  if (Number(start) > Number(last))
    throw new Error(`invalid slice index: ${Number(start)} > ${Number(last)}`);
  return value.slice(Number(start), Number(last));
}

/** fmt.Sprint puts blanks between two values when neither is a string, fmt.Sprintln between all. */
function printed(values: readonly unknown[], always: boolean): string {
  return values
    .map((value, index) => {
      const blank = always || (typeof value !== "string" && typeof values[index - 1] !== "string");
      return (index > 0 && blank ? " " : "") + goText(value);
    })
    .join("");
}

function isEqual(left: unknown, right: unknown): boolean {
  const [first, second] = [left ?? null, right ?? null];
  if (first === null || second === null) return first === second;
  if (typeof first === "object" || typeof second === "object")
    throw new Error("non-comparable types for comparison");
  if (typeof first !== typeof second) throw new Error("incompatible types for comparison");
  return first === second;
}

function compare(left: unknown, right: unknown): number {
  if (typeof left !== typeof right) throw new Error("incompatible types for comparison");
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") return left < right ? -1 : left > right ? 1 : 0;
  throw new Error("invalid type for comparison");
}
