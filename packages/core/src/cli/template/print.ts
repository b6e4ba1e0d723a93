import { GoTime } from "./time.ts";
import { isStruct, sortedKeys } from "./values.ts";

/** A value as Go's `%v` prints it: `[a b]`, `map[k:v]`, `{x 1}`, `<nil>`. */
export function goText(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") return value;
  if (typeof value === "number") return goNumber(value);
  if (value instanceof GoTime) return value.toString();
  if (Array.isArray(value)) return `[${value.map(goText).join(" ")}]`;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value !== "object") return "<nil>"; // methods and symbols have no text
  const record = value as Readonly<Record<string, unknown>>;
  if (isStruct(record)) return `{${Object.values(record).map(goText).join(" ")}}`;
  return `map[${sortedKeys(record)
    .map((key) => `${key}:${goText(record[key])}`)
    .join(" ")}]`;
}

/** A number as Go's `%v`: shortest form that reads back, exponents with two digits. */
export function goNumber(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  const size = Math.abs(value);
  const text = size !== 0 && size < 1e-4 ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

/** JSON as Go writes it: the keys of maps sorted, the fields of structs as they are. */
export function goJson(value: unknown, indent?: string): string {
  const sorted = (_key: string, inner: unknown): unknown => {
    if (typeof inner === "bigint") return Number(inner);
    if (typeof inner !== "object" || inner === null || Array.isArray(inner) || isStruct(inner)) return inner;
    const map = inner as Readonly<Record<string, unknown>>;
    return Object.fromEntries(sortedKeys(map).map((key) => [key, map[key]]));
  };
  return JSON.stringify(value ?? null, sorted, indent);
}
