import { readdirSync, readFileSync } from "node:fs";

/** The processes whose environment has that home folder, as far as this user may look. */
export function processesWithHome(home: string): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0 && textOf(pid, "environ").includes(`HOME=${home}\0`));
}

/** A file of /proc/PID; empty when the process has ended or is another's. */
export function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
