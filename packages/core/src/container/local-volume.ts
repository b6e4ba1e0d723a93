import { isAbsolute } from "node:path";
import { InvalidVolumeOptionError } from "./storage-errors.ts";

/** What the `local` driver mounts for a volume: its own folder, or what its options name. */
export type VolumeSource =
  | { readonly kind: "folder" }
  | { readonly kind: "bind"; readonly device: string; readonly options: readonly string[] }
  | {
      readonly kind: "file system";
      readonly type: string;
      readonly device: string;
      readonly options: readonly string[];
    };

const KEYS = ["type", "device", "o", "copy", "nocopy"];
/** File systems that root of a user namespace may mount. */
const ROOTLESS = ["tmpfs", "overlay", "proc", "sysfs", "mqueue", "ramfs"];

/**
 * Reads the options `type`, `device` and `o` of a volume, as mount(8) and podman's local driver do.
 *
 * @throws {InvalidVolumeOptionError}
 */
export function volumeSource(options: Readonly<Record<string, string>>): VolumeSource {
  for (const key of Object.keys(options))
    if (!KEYS.includes(key))
      throw new InvalidVolumeOptionError(key, "type, device, o, copy and nocopy are known");
  const { type = "", device = "", o = "" } = options;
  const words = o.split(",").filter((word) => word !== "" && word !== "noquota");
  const isBind = type === "bind" || words.includes("bind") || words.includes("rbind");
  if (isBind) {
    if (!isAbsolute(device))
      throw new InvalidVolumeOptionError("device", "a bind needs an absolute path of the host");
    return { kind: "bind", device, options: words };
  }
  if (type === "" || type === "none") {
    const quota = words.find((word) => /^(?:size|inodes)=/.test(word));
    if (quota !== undefined)
      throw new InvalidVolumeOptionError(
        "o",
        `${quota} is for type=tmpfs: folders have no quota of their own`,
      );
    if (device !== "") throw new InvalidVolumeOptionError("device", "it needs type, or o=bind");
    return { kind: "folder" };
  }
  return { kind: "file system", type, device: device === "" ? type : device, options: words };
}

/** The owner that `o=uid=…,gid=…` names. */
export function volumeOwner({ o = "" }: Readonly<Record<string, string>>): { uid?: number; gid?: number } {
  const number = (key: string): number | undefined => {
    const value = new RegExp(`(?:^|,)${key}=(\\d+)(?:,|$)`).exec(o)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  const uid = number("uid");
  const gid = number("gid");
  return { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
}

/** @throws {InvalidVolumeOptionError} for what the kernel lets only root mount */
export function checkRootless(source: VolumeSource): void {
  if (source.kind === "file system" && !ROOTLESS.includes(source.type))
    throw new InvalidVolumeOptionError(
      "type",
      `the kernel lets only root mount ${source.type}: mount it on the host, and use type=none,o=bind,device=PATH`,
    );
}
