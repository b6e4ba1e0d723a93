import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { MissingControllerError } from "./errors.ts";

/** Where processes go that stand in the way: a cgroup with controllers for others has no processes itself. */
export const CALLERS = "wherry-callers";

/**
 * Sees to it that cgroups made below `folder` have the controllers that limits need. Processes on the way to it are moved to a
 * cgroup of their own: with them in the way a runtime, which hands on what it can, would make the rest impossible (cgroups(7)
 * "no internal processes" rule and threaded mode).
 *
 * @param top the highest cgroup that is ours, on the way to `folder`
 * @param needed controller → the flag that needs it
 * @throws {MissingControllerError}
 */
export function enableControllers(top: string, folder: string, needed: ReadonlyMap<string, string>): void {
  for (const [controller, flag] of needed) checkController(top, controller, flag);
  const names = folder.slice(top.length).split("/").filter(Boolean);
  for (let depth = 0; depth <= names.length; depth++)
    enableIn(join(top, ...names.slice(0, depth)), [...needed.keys()]);
}

/** @throws {MissingControllerError} unless cgroups below `folder` can have the controller */
export function checkController(folder: string, controller: string, flag: string): void {
  const present = readWords(join(folder, "cgroup.controllers"));
  if (!present.includes(controller)) throw new MissingControllerError(controller, flag, folder, present);
}

function enableIn(folder: string, controllers: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const isRoot = !existsSync(join(folder, "cgroup.type")); // it alone may have both processes and controllers
  if (!isRoot && readWords(join(folder, "cgroup.controllers")).length > 0) moveProcesses(folder);
  const path = join(folder, "cgroup.subtree_control");
  const enabled = readWords(path);
  const missing = controllers.filter((controller) => !enabled.includes(controller));
  if (missing.length === 0) return;
  writeFileSync(path, missing.map((controller) => `+${controller}`).join(" "));
}

function moveProcesses(folder: string): void {
  const pids = readWords(join(folder, "cgroup.procs"));
  if (pids.length === 0) return;
  const callers = join(folder, CALLERS);
  if (!existsSync(callers)) mkdirSync(callers);
  for (const pid of pids) {
    try {
      writeFileSync(join(callers, "cgroup.procs"), pid);
    } catch (error) {
      if (errnoOf(error) !== "ESRCH") throw error; // it has ended meanwhile
    }
  }
}

function readWords(path: string): string[] {
  return readFileSync(path, "latin1").split(/\s+/).filter(Boolean);
}
