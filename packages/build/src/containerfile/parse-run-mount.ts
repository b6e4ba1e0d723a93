import { SyntaxProblem } from "./errors.ts";
import { READERS } from "./read-run-mount.ts";
import type { RunMount } from "./run-mount.ts";
import { splitCsv } from "./split-csv.ts";
import { nearestWord } from "./suggest.ts";

type Type = RunMount["type"];

/** Names of keys, as they are spelt, to the one we keep. */
const SPELLINGS: Readonly<Record<string, string>> = {
  src: "source",
  dst: "target",
  destination: "target",
  ro: "readonly",
  rw: "readwrite",
  "tmpfs-size": "size",
  "tmpfs-mode": "mode",
};

const KEYS: Readonly<Record<Type, readonly string[]>> = {
  bind: ["from", "source", "target", "readonly", "readwrite", "z", "Z"],
  cache: [
    "id",
    "target",
    "readonly",
    "readwrite",
    "sharing",
    "from",
    "source",
    "mode",
    "uid",
    "gid",
    "z",
    "Z",
  ],
  secret: ["id", "source", "target", "env", "required", "mode", "uid", "gid"],
  ssh: ["id", "source", "target", "required", "mode", "uid", "gid"],
  tmpfs: ["target", "size", "mode", "readwrite"],
};

/** Keys that are set by naming them. `z` and `Z` are labels of SELinux, which change nothing here. */
const SWITCHES = new Set(["readonly", "readwrite", "required", "z", "Z"]);

/**
 * Reads the value of `RUN --mount`: fields of CSV, `key=value` or a switch.
 *
 * @param expand replaces variables in a value; without it values that have some are not looked at, and take their default.
 * @throws {SyntaxProblem}
 */
export function parseRunMount(text: string, expand?: (value: string) => string): RunMount {
  const fields = splitCsv(text).map((field) => readField(field, text));
  const type = typeOf(fields.findLast(({ key }) => key === "type")?.value ?? "bind");
  const values = new Map<string, string>();
  for (const { key, written, value } of fields) {
    if (key === "type") continue;
    if (!KEYS[type].includes(key)) throw unexpectedKey(type, written);
    if (value === undefined) {
      if (!SWITCHES.has(key))
        throw new SyntaxProblem(
          `invalid field ${JSON.stringify(written)} of --mount: it must be ${written}=VALUE`,
        );
      values.set(key, "true");
    } else if (key === "from" && /\$./.test(value))
      throw new SyntaxProblem(
        "from of --mount takes no variables: give a stage the name, FROM $IMAGE AS NAME",
      );
    else if (expand !== undefined) values.set(key, expand(value));
    else if (!value.includes("$")) values.set(key, value);
    else if (key === "target" || key === "id" || key === "env") values.set(key, value);
  }
  return READERS[type](values);
}

function readField(field: string, text: string): { key: string; written: string; value: string | undefined } {
  const equals = field.indexOf("=");
  const written = (equals < 0 ? field : field.slice(0, equals)).trim();
  if (written === "") throw new SyntaxProblem(`empty field in --mount=${text}`);
  const name = written === "Z" ? written : written.toLowerCase();
  return {
    key: Object.hasOwn(SPELLINGS, name) ? (SPELLINGS[name] ?? name) : name,
    written,
    value: equals < 0 ? undefined : field.slice(equals + 1),
  };
}

function typeOf(text: string): Type {
  const type = text.toLowerCase();
  if (Object.hasOwn(KEYS, type)) return type as Type;
  const near = nearestWord(type, Object.keys(KEYS));
  throw new SyntaxProblem(
    `unsupported mount type ${JSON.stringify(text)}${near === undefined ? `; it is ${Object.keys(KEYS).join(", ")}` : `; did you mean ${near}?`}`,
  );
}

function unexpectedKey(type: Type, written: string): SyntaxProblem {
  const known = KEYS[type].filter((key) => key !== "z" && key !== "Z");
  const near = nearestWord(written.toLowerCase(), [...known, ...Object.keys(SPELLINGS)]);
  return new SyntaxProblem(
    `unexpected key ${JSON.stringify(written)} of --mount=type=${type}${near === undefined ? `; it takes ${known.join(", ")}` : `; did you mean ${near}?`}`,
  );
}
