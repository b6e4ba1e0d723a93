import { hash } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { KeyInput, KeyInputs } from "./step-key.ts";

/** The most that an entry's inputs may unpack to: what is in the store is not trusted to be small. */
const UNPACKED_LIMIT = 256 * 1024 * 1024;

/** What went into a step, values replaced by short digests: enough to tell what differs, and nothing that was secret. */
export type InputSummary = string | number | boolean | null | { readonly [name: string]: InputSummary };

/** The inputs of a step as they are kept with its result. */
export function packInputs(inputs: KeyInputs): Uint8Array {
  return deflateRawSync(JSON.stringify(summarise(inputs)), { level: 1 });
}

export function unpackInputs(bytes: Uint8Array): InputSummary {
  return JSON.parse(
    inflateRawSync(bytes, { maxOutputLength: UNPACKED_LIMIT }).toString("utf8"),
  ) as InputSummary;
}

/** Short digests for values; lists become maps: of variables by name, of others by place. */
export function summarise(input: KeyInput): InputSummary {
  if (typeof input === "string") return shortened(input);
  if (Array.isArray(input)) return summariseList(input as readonly KeyInput[]);
  if (typeof input !== "object" || input === null) return input ?? null;
  return Object.fromEntries(
    Object.entries(input)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, summarise(value)]),
  );
}

function summariseList(items: readonly KeyInput[]): InputSummary {
  if (items.every((item) => typeof item === "string" && /^[^=/ ]+=/.test(item)))
    return Object.fromEntries(
      (items as readonly string[]).map((item) => [item.slice(0, item.indexOf("=")), shortened(item)]),
    );
  return Object.fromEntries(items.map((item, index) => [String(index), summarise(item)]));
}

/** A content's digest is cut, what stands before it kept; all else is hashed. */
function shortened(text: string): string {
  const [, before, digest] = /^(.{0,40})([0-9a-f]{64})$/.exec(text) ?? [];
  return digest === undefined ? hash("sha256", text).slice(0, 12) : `${before ?? ""}${digest.slice(0, 12)}`;
}

/** How messages call an input; others go by their own name. */
const NAMES: Readonly<Record<string, string>> = {
  op: "the kind of instruction",
  parent: "the files before it",
  args: "the command",
  script: "the script",
  user: "USER",
  workingDir: "WORKDIR",
  path: "WORKDIR",
  network: "the network",
  destination: "the destination",
  image: "the image or stage that is copied from",
  sources: "the list of sources",
  chown: "--chown",
  chmod: "--chmod",
  exclude: "--exclude",
  timestamp: "--timestamp",
  unpack: "--unpack",
  parents: "--parents",
  platform: "the platform",
  discarded: "the list of volumes whose changes are lost",
  settings: "a flag of build for commands, such as --volume or --cap-add,",
};

/** Inputs whose members are variables, and what those are called. */
const VARIABLES: Readonly<Record<string, string>> = { env: "ENV", buildArgs: "ARG" };

/** What differs between two steps' inputs, in words, the most telling first. */
export function differences(before: InputSummary, now: InputSummary): string[] {
  const found: { readonly text: string; readonly isParent: boolean }[] = [];
  compare([], before, now);
  const order = [...found].sort((a, b) => Number(a.isParent) - Number(b.isParent));
  return [...new Set(order.map(({ text }) => text))];

  function compare(path: readonly string[], old: Member, current: Member): void {
    if (isMap(old) && isMap(current)) {
      for (const name of new Set([...Object.keys(old), ...Object.keys(current)]))
        compare([...path, name], old[name], current[name]);
      return;
    }
    if (old === current) return;
    // a source that is there for the first time is told of by its files
    if (isMap(old ?? {}) && isMap(current ?? {})) {
      compare(path, old ?? {}, current ?? {});
      return;
    }
    found.push({ text: describe(path, old, current), isParent: path[0] === "parent" });
  }
}

type Member = InputSummary | undefined;

function isMap(value: Member): value is { readonly [name: string]: InputSummary } {
  return typeof value === "object" && value !== null;
}

function describe(path: readonly string[], old: Member, current: Member): string {
  const change = old === undefined ? "is new" : current === undefined ? "is gone" : "changed";
  const [top = "", name = ""] = path;
  const files = path.indexOf("files");
  if (files >= 0) return `file ${path.slice(files + 1).join("/")} ${change}`;
  if (top === "mounts" && name !== "") {
    const part = path.slice(2).join(".");
    return `${part === "" ? "" : `${part} of `}--mount ${Number(name) + 1} ${change}`;
  }
  if (VARIABLES[top] !== undefined) return `${VARIABLES[top]} ${name} ${change}`;
  return `${NAMES[top] ?? path.join(".")} ${change}`;
}
