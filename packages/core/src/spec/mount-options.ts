import { resolve } from "node:path";
import { InvalidMountError } from "./errors.ts";
import type { OverlayChoice, Propagation } from "./spec-input.ts";

const PROPAGATIONS: readonly string[] = [
  "private",
  "rprivate",
  "shared",
  "rshared",
  "slave",
  "rslave",
  "unbindable",
  "runbindable",
];

/** Options that change nothing for us: labels are SELinux's, and the others are the defaults. */
const IGNORED = ["z", "Z", "rw", "rbind", "copy"];

/** Options handed to the kernel. */
const PASSED = ["nosuid", "suid", "nodev", "dev", "noexec", "exec", "noatime", "relatime"];

/** What options say of a mount, whatever is mounted. */
export interface MountOptions {
  readonly readOnly?: boolean;
  readonly recursive?: boolean;
  readonly propagation?: Propagation;
  readonly options?: readonly string[];
  readonly chown?: boolean;
  readonly overlay?: OverlayChoice;
  readonly noCopy?: boolean;
}

/**
 * Reads the third part of `-v`: `ro,nosuid,rslave,U,O`.
 *
 * @param whole what to name in messages
 * @throws {InvalidMountError}
 */
export function parseMountOptions(text: string, whole: string, folder: string): MountOptions {
  let options: MountOptions = {};
  const words = text.split(",").filter((word) => word !== "");
  for (const option of words) options = { ...options, ...oneOption(option, options, whole, folder) };
  if (options.overlay !== undefined && !words.includes("O"))
    throw new InvalidMountError(whole, "upperdir and workdir are for an overlay", "add the option O");
  return options;
}

function oneOption(option: string, before: MountOptions, whole: string, folder: string): MountOptions {
  const [, key, path] = /^(upperdir|workdir)=(.+)$/s.exec(option) ?? [];
  if (path !== undefined)
    return {
      overlay: { ...before.overlay, [key === "upperdir" ? "upper" : "work"]: resolve(folder, path) },
    };
  switch (option) {
    case "ro":
      return { readOnly: true };
    case "bind":
      return { recursive: false };
    case "U":
      return { chown: true };
    case "O":
      return { overlay: before.overlay ?? {} };
    case "nocopy":
      return { noCopy: true };
    case "idmap":
      return { options: [...(before.options ?? []), "idmap"] };
    default:
  }
  if (PROPAGATIONS.includes(option)) return { propagation: propagationOf(option, whole) };
  if (PASSED.includes(option)) return { options: [...(before.options ?? []), option] };
  if (IGNORED.includes(option)) return {};
  throw new InvalidMountError(whole, `invalid option ${JSON.stringify(option)}`);
}

/** @throws {InvalidMountError} */
export function propagationOf(text: string, whole: string): Propagation {
  if (!PROPAGATIONS.includes(text))
    throw new InvalidMountError(whole, `invalid propagation ${JSON.stringify(text)}`);
  return text as Propagation;
}
