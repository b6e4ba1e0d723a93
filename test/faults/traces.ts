import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { processesWithHome, textOf } from "../support/processes.ts";
import type { TestUser } from "../support/user.ts";

/** What there is of us when nothing runs. */
export interface Traces {
  /** Programs of processes that were started with this home. */
  readonly processes: readonly string[];
  /** Names in the folders of state and runtime, without those of blobs and layers. */
  readonly files: readonly string[];
  readonly mounts: readonly string[];
}

export function tracesOf({ home, env }: TestUser): Traces {
  const folders = [join(home, ".local", "share", "wherry"), join(env["XDG_RUNTIME_DIR"] ?? "", "wherry")];
  return {
    processes: processesBelow(home)
      .map((pid) => textOf(pid, "comm").trim())
      .sort(),
    files: folders.flatMap((folder) => namesBelow(folder)).sort(),
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(home)),
  };
}

/** Processes that were started with that home and have not ended. */
export function processesBelow(home: string): number[] {
  return processesWithHome(home).filter((pid) => !/ Z /.test(textOf(pid, "stat").replace(/\(.*\)/s, "")));
}

/** Files that are made when they are first needed, and stay. */
const STANDING = /^watch\/(?:lock|wake)$/;

/** Without what lies in blobs and layers, which `system check` knows, the folders for all of a kind, and what stays. */
function namesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: relative(folder, join(entry.parentPath, entry.name)) }))
    .filter(({ entry, path }) => {
      const depth = path.split("/").length;
      return (
        depth <= 3 &&
        !(depth === 1 && entry.isDirectory()) &&
        !/^(?:blobs|layers|links|tree)\//.test(path) &&
        !STANDING.test(path)
      );
    })
    .map(({ path }) => path);
}
