import { elementOf, lengthOf, sliceOf } from "./collections.ts";
import { compare, isEqual } from "./comparisons.ts";
import { goJson, goText } from "./print.ts";
import { sprintf } from "./printf.ts";
import { isTrue, typeName } from "./values.ts";

/** What a parameter takes, by the name of its type in Go. */
export type ParameterType = "string" | "int" | "[]string" | "interface {}";

/** A function of templates. Its call throws an Error whose message says what is wrong. */
export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** Type of further arguments, as many as there are; absent when none may follow. */
  readonly rest?: ParameterType;
  readonly call: (...values: readonly unknown[]) => unknown;
}

const HTML: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  "'": "&#39;",
  '"': "&#34;",
  "\0": "\uFFFD",
};

const any = "interface {}";

/** Go's own functions; `and` and `or` are part of execution, for they stop early. */
const GO: Readonly<Record<string, TemplateFunction>> = {
  call: { parameters: [any], rest: any, call: callValue },
  not: { parameters: [any], call: (value) => !isTrue(value) },
  len: { parameters: [any], call: lengthOf },
  index: { parameters: [any], rest: any, call: (collection, ...keys) => keys.reduce(elementOf, collection) },
  slice: { parameters: [any], rest: any, call: sliceOf },
  print: { parameters: [], rest: any, call: (...values) => printed(values, false) },
  println: { parameters: [], rest: any, call: (...values) => `${printed(values, true)}\n` },
  printf: {
    parameters: ["string"],
    rest: any,
    call: (format, ...values) => sprintf(String(format), values),
  },
  html: {
    parameters: [],
    rest: any,
    call: (...values) =>
      printed(values, false).replaceAll(/[<>&'"\0]/g, (character) => HTML[character] ?? ""),
  },
  js: { parameters: [], rest: any, call: (...values) => escapeScript(printed(values, false)) },
  urlquery: {
    parameters: [],
    rest: any,
    call: (...values) => encodeURIComponent(printed(values, false)).replaceAll("%20", "+"),
  },
  eq: { parameters: [any], rest: any, call: equalsOne },
  ne: { parameters: [any, any], call: (left, right) => !isEqual(left, right) },
  lt: { parameters: [any, any], call: (left, right) => compare(left, right) < 0 },
  le: { parameters: [any, any], call: (left, right) => compare(left, right) <= 0 },
  gt: { parameters: [any, any], call: (left, right) => compare(left, right) > 0 },
  ge: { parameters: [any, any], call: (left, right) => compare(left, right) >= 0 },
};

/** What podman, buildah, skopeo and docker add. */
const TOOLS: Readonly<Record<string, TemplateFunction>> = {
  json: { parameters: [any], call: (value) => goJson(value ?? null) },
  join: {
    parameters: ["[]string", "string"],
    call: (values, separator) => ((values ?? []) as readonly string[]).join(separator as string),
  },
  split: {
    parameters: ["string", "string"],
    call: (text, separator) => (text as string).split(separator as string),
  },
  lower: { parameters: ["string"], call: (text) => (text as string).toLowerCase() },
  upper: { parameters: ["string"], call: (text) => (text as string).toUpperCase() },
  title: { parameters: ["string"], call: (text) => titleOf(text as string) },
  pad: {
    parameters: ["string", "int", "int"],
    call: (text, before, after) =>
      text === ""
        ? ""
        : " ".repeat(Math.max(0, Number(before))) + (text as string) + " ".repeat(Math.max(0, Number(after))),
  },
  truncate: {
    parameters: ["string", "int"],
    call: (text, length) => firstBytes(text as string, Number(length)),
  },
};

/** Every function a `--format` template may call, but `and` and `or`. */
export const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = { ...GO, ...TOOLS };

/** Whether a value may be given for a parameter. */
export function isOfType(value: unknown, type: ParameterType): boolean {
  switch (type) {
    case "interface {}":
      return true;
    case "string":
      return typeof value === "string";
    case "int":
      return typeof value === "number" && Number.isInteger(value);
    case "[]string":
      return (
        value === null || (Array.isArray(value) && value.every((element) => typeof element === "string"))
      );
  }
}

/** No data here holds functions: what `call` is given is never one. */
function callValue(value: unknown): never {
  throw new Error(value === null ? "call of nil" : `non-function of type ${typeName(value)}`);
}

function equalsOne(left: unknown, ...others: readonly unknown[]): boolean {
  if (others.length === 0) throw new Error("missing argument for comparison");
  return others.some((other) => isEqual(left, other));
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

function escapeScript(text: string): string {
  return text.replaceAll(/[\\'"<>&=\p{Cc}]/gu, (character) =>
    /[\\'"]/.test(character)
      ? `\\${character}`
      : `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

/** strings.Title: a letter is raised behind anything of ASCII but letters, digits and `_`, and behind white space. */
function titleOf(text: string): string {
  return text.replaceAll(/(?<![A-Za-z0-9_]|[^\0-\x7f\s])\p{L}/gu, (letter) => letter.toUpperCase());
}

/** A text cut as Go cuts it: after so many bytes. */
function firstBytes(text: string, length: number): string {
  const bytes = Buffer.from(text);
  if (length < 0) throw new Error(`slice bounds out of range [:${length}]`);
  return bytes.length <= length ? text : bytes.subarray(0, length).toString();
}
