import { goNumber, goText } from "./print.ts";
import { typeName } from "./values.ts";

const VERB = /%([-+# 0]*)((?:\[\d+\])?\*|\d+)?(?:\.((?:\[\d+\])?\*|\d*))?(?:\[(\d+)\])?(.)|%$/gsu;

type Part = string | undefined;

/** Go's fmt.Sprintf for the kinds of values that templates have. */
export function sprintf(format: string, values: readonly unknown[]): string {
  let next = 0;
  const sizeOf = (text: string | undefined) => {
    if (text?.endsWith("*") !== true) return Number(text ?? 0);
    const [, index] = /^\[(\d+)\]/.exec(text) ?? [];
    if (index !== undefined) next = Number(index) - 1;
    return Number(values[next++]);
  };
  const text = format.replaceAll(
    VERB,
    (all: string, flags: string, width: Part, precision: Part, index: Part, verb: string) => {
      if (all === "%") return "%!(NOVERB)";
      if (verb === "%") return "%";
      const size = sizeOf(width);
      const digits = precision === undefined ? undefined : sizeOf(precision);
      if (index !== undefined) next = Number(index) - 1;
      if (next >= values.length) return `%!${verb}(${index === undefined ? "MISSING" : "BADINDEX"})`;
      return pad(formatVerb(verb, values[next++], digits, flags), flags, size, verb);
    },
  );
  const extra = /%[^%\w]*\[\d+\]/.test(format) ? [] : values.slice(next); // as Go: not when reordered
  if (extra.length === 0) return text;
  return `${text}%!(EXTRA ${extra.map((value) => `${typeName(value)}=${goText(value)}`).join(", ")})`;
}

function formatVerb(verb: string, value: unknown, precision: number | undefined, flags: string): string {
  const mismatch = `%!${verb}(${value === null || value === undefined ? "<nil>" : `${typeName(value)}=${goText(value)}`})`;
  switch (verb) {
    case "v":
      return flags.includes("#") && typeof value === "string"
        ? quote(value)
        : signed(goText(value), value, flags);
    case "s":
      return typeof value === "number" || typeof value === "boolean"
        ? mismatch
        : cut(goText(value), precision);
    case "q":
      return Array.isArray(value)
        ? `[${value.map(quote).join(" ")}]`
        : typeof value === "string"
          ? quote(value)
          : typeof value === "number" && Number.isInteger(value)
            ? `'${String.fromCodePoint(value)}'`
            : mismatch;
    case "T":
      return typeName(value);
    case "t":
      return typeof value === "boolean" ? String(value) : mismatch;
    case "x":
    case "X":
      return typeof value === "string" || typeof value === "number"
        ? hexadecimal(value, verb, flags)
        : mismatch;
    case "U":
      return typeof value === "number" ? `U+${value.toString(16).toUpperCase().padStart(4, "0")}` : mismatch;
    case "c":
      return typeof value === "number" ? String.fromCodePoint(value) : mismatch;
  }
  if (typeof value !== "number" && typeof value !== "bigint") return mismatch;
  const text = formatNumber(verb, value, precision);
  return text === undefined ? mismatch : signed(text, value, flags);
}

function formatNumber(
  verb: string,
  value: number | bigint,
  precision: number | undefined,
): string | undefined {
  const whole = typeof value === "bigint" || Number.isInteger(value);
  switch (verb) {
    case "d":
      return whole ? String(value) : undefined;
    case "o":
      return whole ? value.toString(8) : undefined;
    case "b":
      return whole ? value.toString(2) : undefined;
    case "f":
    case "F":
      return Number(value).toFixed(precision ?? 6);
    case "e":
      return Number(value)
        .toExponential(precision ?? 6)
        .replace(/e([+-])(\d)$/, "e$10$2");
    case "g":
      return precision === undefined
        ? goNumber(Number(value))
        : goNumber(Number(Number(value).toPrecision(precision)));
    default:
      return undefined;
  }
}

function hexadecimal(value: string | number, verb: string, flags: string): string {
  const digits = typeof value === "number" ? value.toString(16) : Buffer.from(value).toString("hex");
  const spaced =
    typeof value === "string" && flags.includes(" ") ? digits.replaceAll(/..(?!$)/g, "$& ") : digits;
  const text = flags.includes("#") ? `0x${spaced}` : spaced;
  return verb === "X" ? text.toUpperCase() : text;
}

function signed(text: string, value: unknown, flags: string): string {
  if (typeof value !== "number" || value < 0) return text;
  return flags.includes("+") ? `+${text}` : flags.includes(" ") ? ` ${text}` : text;
}

function cut(text: string, precision: number | undefined): string {
  return precision === undefined ? text : Array.from(text).slice(0, precision).join("");
}

function quote(value: unknown): string {
  return JSON.stringify(goText(value));
}

function pad(text: string, flags: string, width: number, verb: string): string {
  const missing = Math.abs(width) - Array.from(text).length;
  if (missing <= 0) return text;
  if (flags.includes("-") || width < 0) return text + " ".repeat(missing);
  if (!flags.includes("0") || verb === "s" || verb === "q") return " ".repeat(missing) + text;
  const sign = /^[+-]/.exec(text)?.[0] ?? "";
  return sign + "0".repeat(missing) + text.slice(sign.length);
}
