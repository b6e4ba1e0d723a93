import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

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

/** Kills, and waits for the end, which may come later than kill(2) returns: what is asked next finds no process. */
export async function killProcess(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  for (let tries = 0; /^State:\s+[^ZX]/m.test(textOf(pid, "status")); tries++) {
    assert.ok(tries < 2000, `${pid} does not end`);
    await sleep(5);
  }
}
