import { readdirSync, statSync, type Stats } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import type { SpecDevice } from "../spec/index.ts";
import { NotADeviceError } from "./errors.ts";

/** A device of the host. */
export interface HostDevice {
  readonly path: string;
  readonly node: NonNullable<SpecDevice["node"]>;
}

/** What every container has of its own, or what is no device of the machine. */
const OWN =
  /^\/dev\/(?:null|zero|full|random|urandom|tty|console|ptmx|core|fd|std\w+|pts\/.*|shm\/.*|mqueue\/.*)$/;
const TERMINAL = /^\/dev\/tty\d+$/;

/**
 * The device of that path, or all below it when it is a folder.
 *
 * @throws {FileSystemError | NotADeviceError}
 */
export function devicesAt(path: string): HostDevice[] {
  try {
    const stats = statSync(path);
    if (stats.isDirectory()) return devicesBelow(path);
    if (stats.isCharacterDevice() || stats.isBlockDevice()) return [{ path, node: nodeOf(stats) }];
  } catch (error) {
    throw new FileSystemError("stat", path, error);
  }
  throw new NotADeviceError(path);
}

/** All devices of the host that a privileged container gets; systemd in it would take the host's terminals over. */
export function privilegedDevices(isSystemd: boolean): SpecDevice[] {
  return devicesBelow("/dev")
    .filter(({ path }) => !OWN.test(path) && !(isSystemd && TERMINAL.test(path)))
    .map(({ path, node }) => ({ source: path, node }));
}

function devicesBelow(folder: string): HostDevice[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return unlessDenied(() => devicesBelow(path)) ?? [];
    if (!entry.isCharacterDevice() && !entry.isBlockDevice()) return [];
    const stats = statSync(path, { throwIfNoEntry: false });
    return stats === undefined ? [] : [{ path, node: nodeOf(stats) }];
  });
}

/** Others' folders in /dev/shm are closed to us, and what is there may go while we look: neither is a device for a container. */
function unlessDenied<Result>(look: () => Result): Result | undefined {
  try {
    return look();
  } catch (error) {
    if (["EACCES", "EPERM", "ENOENT"].includes(errnoOf(error) ?? "")) return undefined;
    throw error;
  }
}

function nodeOf(stats: Stats): HostDevice["node"] {
  const { rdev, mode, uid, gid } = stats;
  const number = BigInt(rdev); // makedev(3): 12 low bits of the major and 8 of the minor number are the old ones
  return {
    type: stats.isBlockDevice() ? "b" : "c",
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n)),
    minor: Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n)),
    fileMode: mode & 0o7777,
    uid,
    gid,
  };
}
