import { readdirSync, rmSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { randomHex } from "../io/index.ts";
import { systemPath } from "./path-bytes.ts";

const PART = /^\.wherry-(\d+)-[0-9a-f]{12}$/;

/** Where a file is written until it is whole: a process that is killed leaves no part of it under its name. */
export function partBeside(full: string | Buffer): Buffer {
  const bytes = typeof full === "string" ? Buffer.from(full) : full;
  const folder = bytes.subarray(0, bytes.lastIndexOf("/") + 1);
  return Buffer.concat([folder, Buffer.from(`.wherry-${process.pid}-${randomHex(6)}`)]);
}

/** Removes from a folder the parts that killed processes have left there. */
export function sweepParts(folder: string): void {
  for (const name of namesIn(folder)) {
    const [, pid] = PART.exec(name) ?? [];
    if (pid !== undefined && hasEnded(Number(pid))) rmSync(systemPath(`${folder}/${name}`), { force: true });
  }
}

/** A folder that may not be listed may still be written to. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(systemPath(folder));
  } catch (error) {
    if (errnoOf(error) === "EACCES") return [];
    throw error;
  }
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return errnoOf(error) === "ESRCH";
  }
}
