import { readFileSync } from "node:fs";

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTime: string;
}

/** The identity of a running process; undefined when it is gone or only waits to be reaped. */
export function identify(pid: number, procRoot = "/proc"): ProcessIdentity | undefined {
  const fields = statFields(pid, procRoot);
  const startTime = fields?.[19];
  if (fields === undefined || startTime === undefined) return undefined;
  return fields[0] === "Z" || fields[0] === "X" ? undefined : { pid, startTime };
}

/** Whether that very process still runs. */
export function isRunning({ pid, startTime }: ProcessIdentity, procRoot = "/proc"): boolean {
  return identify(pid, procRoot)?.startTime === startTime;
}

/** The fields of /proc/PID/stat after the command name, so that index 0 is field 3 (state) of proc(5). */
function statFields(pid: number, procRoot: string): string[] | undefined {
  try {
    const text = readFileSync(`${procRoot}/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
