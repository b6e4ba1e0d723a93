import { writeOutput } from "../io/index.ts";
import type { StartRecord } from "../runtime/index.ts";
import type { LifecycleSettings } from "./lifecycle-settings.ts";

/** Writes the pids of a container's first process and of its monitor where the user wants them. @throws {FileSystemError} */
export function writePidFiles(
  { pidFile, monitorPidFile }: LifecycleSettings,
  { init, monitor }: StartRecord,
): void {
  if (pidFile !== undefined && init !== undefined) writeOutput(pidFile, String(init.pid));
  if (monitorPidFile !== undefined) writeOutput(monitorPidFile, String(monitor.pid));
}
