import { SyntaxProblem } from "./errors.ts";
import { nearestWord } from "./suggest.ts";

/** What `RUN --mount` shows to the command. */
export type RunMount = BindMount | CacheMount | SecretMount | SshMount | TmpfsMount;

/** Files of the context, a stage or an image. Writes are lost. */
export interface BindMount {
  readonly type: "bind";
  /** Undefined for the build context. */
  readonly from?: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A folder that outlives the build. */
export interface CacheMount {
  readonly type: "cache";
  /** Default: the target. */
  readonly id?: string;
  readonly target: string;
  readonly sharing: "shared" | "private" | "locked";
  /** What a new cache begins with. */
  readonly from?: string;
  readonly source: string;
  readonly readOnly: boolean;
  /** Of a new cache. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A file, or a variable, whose value the image never has. */
export interface SecretMount {
  readonly type: "secret";
  readonly id: string;
  /** Undefined when only `env` was given. */
  readonly target?: string;
  readonly env?: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A socket to an agent that signs with keys the command never sees. */
export interface SshMount {
  readonly type: "ssh";
  readonly id: string;
  readonly target?: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** An empty folder in memory. */
export interface TmpfsMount {
  readonly type: "tmpfs";
  readonly target: string;
  /** Bytes. */
  readonly size?: number;
  readonly mode?: number;
}

type Type = RunMount["type"];
type Values = ReadonlyMap<string, string>;

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

const READERS: Readonly<Record<Type, (values: Values) => RunMount>> = {
  bind: (values) => ({
    type: "bind",
    ...optional({ from: values.get("from") }),
    source: values.get("source") ?? "/",
    target: targetOf(values, "bind"),
    readOnly: !switchOf(values, "readwrite") || switchOf(values, "readonly"),
  }),
  cache: (values) => {
    checkCacheSource(values);
    return {
      type: "cache",
      ...optional({ id: values.get("id"), from: values.get("from") }),
      source: values.get("source") ?? "/",
      target: targetOf(values, "cache"),
      sharing: sharingOf(values.get("sharing") ?? "shared"),
      readOnly: switchOf(values, "readonly"),
      mode: modeOf(values.get("mode"), 0o755),
      ...ownerOf(values),
    };
  },
  secret: (values) => {
    const env = values.get("env");
    const target = values.get("target");
    const source =
      values.get("id") ?? values.get("source") ?? (target === undefined ? env : lastPart(target));
    if (source === undefined || source === "")
      throw new SyntaxProblem("--mount=type=secret needs an id, such as id=token");
    const file = target ?? (env === undefined ? `/run/secrets/${lastPart(source)}` : undefined);
    return {
      type: "secret",
      id: source,
      ...optional({ target: file, env }),
      required: switchOf(values, "required"),
      mode: modeOf(values.get("mode"), 0o400),
      ...ownerOf(values),
    };
  },
  ssh: (values) => ({
    type: "ssh",
    id: values.get("id") ?? values.get("source") ?? "default",
    ...optional({ target: values.get("target") }),
    required: switchOf(values, "required"),
    mode: modeOf(values.get("mode"), 0o600),
    ...ownerOf(values),
  }),
  tmpfs: (values) => {
    const mode = values.get("mode");
    return {
      type: "tmpfs",
      target: targetOf(values, "tmpfs"),
      ...optional({
        size: sizeOf(values.get("size")),
        mode: mode === undefined ? undefined : modeOf(mode, 0),
      }),
    };
  },
};

/** A cache is mounted whole: `source` says what of `from` a new one begins with. @throws {SyntaxProblem} */
function checkCacheSource(values: Values): void {
  const source = values.get("source");
  if (source === undefined || values.has("from") || /^(?:\/|\.\/)*\.?$/.test(source)) return;
  throw new SyntaxProblem(
    "source of --mount=type=cache is a folder of from, which is missing: caches are mounted whole, and kept apart by id",
  );
}

function targetOf(values: Values, type: Type): string {
  const target = values.get("target");
  if (target === undefined || target === "")
    throw new SyntaxProblem(`--mount=type=${type} needs a target, such as target=/src`);
  if (/^\/+(?:\.\/*)*$/.test(target))
    throw new SyntaxProblem(`--mount=type=${type} cannot have / as its target`);
  return target;
}

function switchOf(values: Values, key: string): boolean {
  const value = values.get(key) ?? "false";
  if (!/^(?:true|false|0|1)$/i.test(value))
    throw new SyntaxProblem(`${key} of --mount must be true or false, not ${JSON.stringify(value)}`);
  return value === "1" || value.toLowerCase() === "true";
}

function sharingOf(text: string): CacheMount["sharing"] {
  const sharing = text.toLowerCase();
  if (sharing === "shared" || sharing === "private" || sharing === "locked") return sharing;
  throw new SyntaxProblem(
    `unsupported sharing ${JSON.stringify(text)} of --mount: it is shared, private or locked`,
  );
}

function modeOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^[0-7]{1,5}$/.test(text) || Number.parseInt(text, 8) > 0o7777)
    throw new SyntaxProblem(`invalid mode ${JSON.stringify(text)} of --mount: write it octal, as 0755`);
  return Number.parseInt(text, 8);
}

function ownerOf(values: Values): { uid: number; gid: number } {
  return { uid: idOf("uid"), gid: idOf("gid") };

  function idOf(key: string): number {
    const text = values.get(key) ?? "0";
    if (!/^\d{1,10}$/.test(text) || Number(text) > 2 ** 32 - 2)
      throw new SyntaxProblem(`invalid ${key} ${JSON.stringify(text)} of --mount: it must be a number`);
    return Number(text);
  }
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Bytes, as docker spells sizes: 64m, 1g, 1.5GiB. */
function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([kmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  if (count === "")
    throw new SyntaxProblem(`invalid size ${JSON.stringify(text)} of --mount: write it like 64m`);
  return Math.floor(Number(count) * (UNITS[unit.toLowerCase()] ?? 1));
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Fields of one line of CSV (RFC 4180): a field in double quotes may hold commas, and quotes that are doubled. */
function splitCsv(text: string): string[] {
  const fields: string[] = [];
  const field = /("(?:[^"]|"")*"|[^",]*)(,|$)/y;
  for (;;) {
    const [, piece = "", end] = field.exec(text) ?? [];
    if (end === undefined)
      throw new SyntaxProblem(`--mount=${text} is no list of key=value: a quote stands where none may be`);
    fields.push(piece.startsWith('"') ? piece.slice(1, -1).replaceAll('""', '"') : piece);
    if (end === "") return fields;
  }
}

function optional<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as never;
}
