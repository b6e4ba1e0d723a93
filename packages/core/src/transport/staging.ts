import { createHash } from "node:crypto";
import { readlinkSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { randomHex } from "../io/index.ts";
import { identify, isRunning } from "../process/index.ts";
import { readNames } from "./read-names.ts";

/** What a process of elsewhere has left is taken for abandoned after this time, in ms. */
const PATIENCE_MS = 24 * 60 * 60 * 1000;

/** A staging folder: where its writer runs, its pid and start time, and chance. */
const STAGING = /^\.wherry-(?:([a-f0-9]{8})-(\d+)-(\d*)-)?[a-f0-9]{12}$/;

/** A new name for a staging folder, which tells who writes there. */
export function stagingName(): string {
  const startTime = identify(process.pid)?.startTime ?? "";
  return `.wherry-${scope()}-${process.pid}-${startTime}-${randomHex(6)}`;
}

/** Whether a name in a folder is that of what is being written there, or was when somebody was killed. */
export function isStaging(name: string): boolean {
  return STAGING.test(name);
}

/** Removes what writers have left in a folder that were killed. What living processes write stays. */
export function sweepStaging(folder: string, now: () => number = Date.now): void {
  for (const name of readNames(folder)) {
    if (isStaging(name) && isAbandoned(join(folder, name), name, now()))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function isAbandoned(path: string, name: string, now: number): boolean {
  const [, where, pid = "", startTime = ""] = STAGING.exec(name) ?? [];
  if (where === scope() && startTime !== "") return !isRunning({ pid: Number(pid), startTime });
  const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
  return now - changed > PATIENCE_MS;
}

let known: string | undefined;

/** Names the place where our pids mean something: this machine, and in it this pid namespace. */
function scope(): string {
  known ??= createHash("sha256").update(`${hostname()} ${pidNamespace()}`).digest("hex").slice(0, 8);
  return known;
}

function pidNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
