import { isAbsolute, posix, resolve } from "node:path";
import { InvalidMountError } from "./errors.ts";
import { parseMountOptions } from "./mount-options.ts";
import type { VolumeRequest } from "./mount-requests.ts";
import type { BindMount, TmpfsMount } from "./spec-input.ts";

export const VOLUME_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/**
 * Reads `-v [[SOURCE:]DESTINATION[:OPTIONS]]`. A source with a slash is a path (relative ones start at `folder`), another
 * one a volume's name.
 *
 * @throws {InvalidMountError}
 */
export function parseVolume(text: string, folder: string): BindMount | VolumeRequest {
  const parts = text.split(":");
  if (parts.length > 3) throw new InvalidMountError(text, "expected [SOURCE:]DESTINATION[:OPTIONS]");
  const [first = "", second, optionText] = parts;
  if (second === undefined) return { type: "volume", destination: destinationOf(first, text) };
  if (first === "") throw new InvalidMountError(text, "the source is empty");
  const destination = destinationOf(second, text);
  const isPath = first.includes("/") || first === "." || first === "..";
  if (!isPath && !VOLUME_NAME.test(first))
    throw new InvalidMountError(text, `${JSON.stringify(first)} is neither a path nor a volume name`);
  const { noCopy, ...options } = parseMountOptions(optionText ?? "", text, folder);
  if (isPath) return { type: "bind", source: resolve(folder, first), destination, ...options };
  return { type: "volume", name: first, destination, ...options, ...(noCopy === true ? { noCopy } : {}) };
}

/**
 * Reads `--tmpfs DESTINATION[:OPTIONS]`.
 *
 * @throws {InvalidMountError}
 */
export function parseTmpfs(text: string): TmpfsMount {
  const colon = text.indexOf(":");
  const destination = destinationOf(colon === -1 ? text : text.slice(0, colon), text);
  const options =
    colon === -1
      ? []
      : text
          .slice(colon + 1)
          .split(",")
          .filter((option) => option !== "");
  return { type: "tmpfs", destination, options: tmpfsOptions(options, text) };
}

/**
 * Options of a tmpfs, whose sizes and mode have to be what tmpfs(5) reads: it would be found out at the start only.
 *
 * @throws {InvalidMountError}
 */
export function tmpfsOptions(options: readonly string[], whole: string): readonly string[] {
  for (const option of options) {
    if (/^(?:size|nr_blocks|nr_inodes)=(?!\d+[kmg%]?$)/i.test(option))
      throw new InvalidMountError(whole, `${option} is no number with k, m, g or % behind it`);
    if (/^mode=(?![0-7]{1,5}$)/.test(option))
      throw new InvalidMountError(whole, `${option} is no mode in octal`);
  }
  return options;
}

/**
 * An absolute path in the container, cleaned.
 *
 * @throws {InvalidMountError}
 */
export function destinationOf(text: string, whole: string): string {
  if (!isAbsolute(text))
    throw new InvalidMountError(
      whole,
      `the path in the container must be absolute, not ${JSON.stringify(text)}`,
    );
  const clean = posix.normalize(text);
  if (clean === "/") throw new InvalidMountError(whole, "the whole root cannot be mounted over");
  return clean.endsWith("/") ? clean.slice(0, -1) : clean;
}
