import { posix } from "node:path";
import { InvalidSecretError } from "./errors.ts";

/** A secret that a container is to have. */
export interface SecretRequest {
  /** Name or ID. */
  readonly source: string;
  readonly type: "mount" | "env";
  /** Absolute path in the container, or name of the variable. */
  readonly target: string;
  /** Owner of the file, as the container sees it. */
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** Folder of secrets that have no path of their own. */
const FOLDER = "/run/secrets";
const MODE = 0o444;
const KEYS = ["source", "type", "target", "uid", "gid", "mode"];

/**
 * Reads `--secret NAME[,type=mount|env][,target=PATH|VARIABLE][,uid=N][,gid=N][,mode=OCTAL]`.
 *
 * @throws {InvalidSecretError}
 */
export function parseSecret(text: string): SecretRequest {
  const [first = "", ...others] = text.split(",");
  const isNamed = !first.includes("=");
  const options = new Map<string, string>(isNamed ? [["source", first]] : []);
  for (const word of isNamed ? others : [first, ...others]) {
    const [, key, value] = /^([^=]*)=(.*)$/s.exec(word) ?? [];
    if (key === undefined || value === undefined)
      throw new InvalidSecretError(text, `option ${word} must be in form option=value`);
    if (!KEYS.includes(key)) throw new InvalidSecretError(text, `option ${key} invalid`);
    options.set(key, value);
  }
  const source = options.get("source") ?? "";
  if (source === "") throw new InvalidSecretError(text, "no source found");
  const type = options.get("type") ?? "mount";
  if (type !== "mount" && type !== "env") throw new InvalidSecretError(text, `type ${type} is invalid`);
  if (type === "env" && ["uid", "gid", "mode"].some((key) => options.has(key)))
    throw new InvalidSecretError(text, "UID, GID, Mode options cannot be set with secret type env");
  return {
    source,
    type,
    target: targetOf(text, type, options.get("target") ?? source),
    uid: numberOf(text, "uid", options, 10, 2 ** 32 - 2) ?? 0,
    gid: numberOf(text, "gid", options, 10, 2 ** 32 - 2) ?? 0,
    mode: numberOf(text, "mode", options, 8, 0o7777) ?? MODE,
  };
}

function targetOf(text: string, type: SecretRequest["type"], target: string): string {
  if (type === "env") {
    if (target === "" || /[=\0]/.test(target))
      throw new InvalidSecretError(text, `${JSON.stringify(target)} cannot name a variable`);
    return target;
  }
  const path = posix.resolve(FOLDER, target);
  const isFolder = target === "" || target.endsWith("/") || path === "/" || path === FOLDER;
  if (isFolder || path.includes("\0"))
    throw new InvalidSecretError(text, `${JSON.stringify(target)} cannot be a file`);
  return path;
}

function numberOf(
  text: string,
  key: string,
  options: ReadonlyMap<string, string>,
  radix: 8 | 10,
  most: number,
): number | undefined {
  const value = options.get(key);
  if (value === undefined) return undefined;
  const number = (radix === 8 ? /^[0-7]+$/ : /^\d+$/).test(value)
    ? Number.parseInt(value, radix)
    : Number.NaN;
  if (!(number <= most)) throw new InvalidSecretError(text, `${key} ${value} invalid`);
  return number;
}
