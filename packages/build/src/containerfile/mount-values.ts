import { SyntaxProblem } from "./errors.ts";
import type { CacheMount, RunMount } from "./run-mount.ts";

/** The keys of a `RUN --mount` with what they are set to. */
export type MountValues = ReadonlyMap<string, string>;

export function targetOf(values: MountValues, type: RunMount["type"]): string {
  const target = values.get("target");
  if (target === undefined || target === "")
    throw new SyntaxProblem(`--mount=type=${type} needs a target, such as target=/src`);
  if (/^\/+(?:\.\/*)*$/.test(target))
    throw new SyntaxProblem(`--mount=type=${type} cannot have / as its target`);
  return target;
}

export function switchOf(values: MountValues, key: string): boolean {
  const value = values.get(key) ?? "false";
  if (!/^(?:true|false|0|1)$/i.test(value))
    throw new SyntaxProblem(`${key} of --mount must be true or false, not ${JSON.stringify(value)}`);
  return value === "1" || value.toLowerCase() === "true";
}

export function sharingOf(text: string): CacheMount["sharing"] {
  const sharing = text.toLowerCase();
  if (sharing === "shared" || sharing === "private" || sharing === "locked") return sharing;
  throw new SyntaxProblem(
    `unsupported sharing ${JSON.stringify(text)} of --mount: it is shared, private or locked`,
  );
}

export function modeOf(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^[0-7]{1,5}$/.test(text) || Number.parseInt(text, 8) > 0o7777)
    throw new SyntaxProblem(`invalid mode ${JSON.stringify(text)} of --mount: write it octal, as 0755`);
  return Number.parseInt(text, 8);
}

export function ownerOf(values: MountValues): { uid: number; gid: number } {
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
export function sizeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count = "", unit = ""] = /^(\d+(?:\.\d+)?) ?([kmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  if (count === "")
    throw new SyntaxProblem(`invalid size ${JSON.stringify(text)} of --mount: write it like 64m`);
  return Math.floor(Number(count) * (UNITS[unit.toLowerCase()] ?? 1));
}

export function lastPart(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
