import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { randomHex } from "../io/index.ts";
import { identify, isRunning, type ProcessIdentity } from "../process/index.ts";

let self: ProcessIdentity | undefined;

/** This process, as pins and staged files name it. */
export function thisProcess(): ProcessIdentity {
  self ??= identify(process.pid) ?? { pid: process.pid, startTime: "0" };
  return self;
}

/** A new name in the staging folder that tells which process it belongs to: KIND-PID-STARTTIME-RANDOM. */
export function stagingPath(staging: string, kind: "blob" | "layer" | "trash" | "tree"): string {
  const { pid, startTime } = thisProcess();
  return join(staging, `${kind}-${pid}-${startTime}-${randomHex(6)}`);
}

/** What dead processes left in the staging folder. */
export function listOrphans(staging: string): string[] {
  return readNames(staging)
    .filter((name) => {
      const [, pid, startTime] = /^[a-z]+-(\d+)-(\d+)-/.exec(name) ?? [];
      return pid === undefined || startTime === undefined || !isRunning({ pid: Number(pid), startTime });
    })
    .map((name) => join(staging, name));
}

/** The names in a folder; none when it does not exist. */
export function readNames(path: string): string[] {
  try {
    return readdirSync(path).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw new FileSystemError("read", path, error);
  }
}
