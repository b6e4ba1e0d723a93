import { resolve } from "node:path";
import { InvalidSecurityOptionError } from "./errors.ts";
import type { Isolation } from "./isolation.ts";

/** What `--security-opt` decides. */
export type SecurityOptions = Pick<Isolation, "seccomp" | "mask" | "unmask" | "apparmor" | "procOptions"> & {
  readonly noNewPrivileges?: boolean;
  readonly labels?: readonly string[];
};

const LABELS = ["user", "role", "type", "level", "filetype"];

/**
 * Reads the values of `--security-opt`: KEY=VALUE, docker's KEY:VALUE, or a word. A later value of a key replaces an
 * earlier one; mask and unmask add up.
 *
 * @param folder where relative paths of profiles start
 * @throws {InvalidSecurityOptionError}
 */
export function parseSecurityOptions(texts: readonly string[], folder: string): SecurityOptions {
  return texts.reduce<SecurityOptions>(
    (options, text) => ({ ...options, ...read(text, options, folder) }),
    {},
  );
}

function read(text: string, before: SecurityOptions, folder: string): SecurityOptions {
  const [, key = text, value = ""] = /^([\w-]+)[=:](.*)$/s.exec(text) ?? [];
  switch (key) {
    case "no-new-privileges":
      return { noNewPrivileges: parseBoolean(text, value) };
    case "seccomp":
      if (value === "") throw new InvalidSecurityOptionError(text, "it names no profile");
      return { seccomp: value === "unconfined" ? value : resolve(folder, value) };
    case "apparmor":
      if (value === "") throw new InvalidSecurityOptionError(text, "it names no profile");
      return { apparmor: value };
    case "mask":
      return { mask: [...(before.mask ?? []), ...parsePaths(text, value)] };
    case "unmask":
      return { unmask: [...(before.unmask ?? []), ...(value === "ALL" ? ["ALL"] : parsePaths(text, value))] };
    case "systempaths":
      if (value !== "unconfined")
        throw new InvalidSecurityOptionError(text, "expected systempaths=unconfined");
      return { unmask: ["ALL"] };
    case "proc-opts":
      return { procOptions: value.split(",").filter((option) => option !== "") };
    case "label":
      return { labels: [...(before.labels ?? []), parseLabel(text, value)] };
    default:
      throw new InvalidSecurityOptionError(
        text,
        "known are apparmor, label, mask, no-new-privileges, proc-opts, seccomp, systempaths and unmask",
      );
  }
}

function parseBoolean(text: string, value: string): boolean {
  if (value === "" || value === "true") return true;
  if (value === "false") return false;
  throw new InvalidSecurityOptionError(text, "it is either true or false");
}

/** Paths are parted by colons, as in podman. */
function parsePaths(text: string, value: string): string[] {
  const paths = value.split(":");
  if (!paths.every((path) => path.startsWith("/")))
    throw new InvalidSecurityOptionError(text, "expected absolute paths with colons between them");
  return paths;
}

function parseLabel(text: string, value: string): string {
  const [word = "", rest] = value.split(":");
  const isKnown = value === "disable" || value === "nested" || (LABELS.includes(word) && rest !== undefined);
  if (!isKnown)
    throw new InvalidSecurityOptionError(
      text,
      "expected label=disable, or user, role, type, level or filetype",
    );
  return value;
}
