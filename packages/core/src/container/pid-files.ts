import { writeFileSync } from "node:fs";
import { FileSystemError } from "../error/index.ts";
import type { StartRecord } from "../runtime/index.ts";
import type { LifecycleSettings } from "./lifecycle-settings.ts";

/** Writes the pids of a container's first process and of its monitor where the user wants them. @throws {FileSystemError} */
export function writePidFiles(
  { pidFile, monitorPidFile }: LifecycleSettings,
  { init, monitor }: StartRecord,
): void {
  if (pidFile !== undefined && init !== undefined) write(pidFile, init.pid);
  if (monitorPidFile !== undefined) write(monitorPidFile, monitor.pid);
}

function write(path: string, pid: number): void {
  try {
    writeFileSync(path, String(pid));
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
}
