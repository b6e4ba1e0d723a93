import { readFileSync } from "node:fs";
import { errnoOf } from "@wherry/core/error";

/** The content of a file; undefined when it is missing or closed. */
export function readIfReadable(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** os-release(5). */
export function readDistribution(etc: string): object {
  const text = readIfReadable(`${etc}/os-release`) ?? readIfReadable("/usr/lib/os-release") ?? "";
  const valueOf = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  const codename = valueOf("VERSION_CODENAME");
  return {
    distribution: valueOf("ID"),
    version: valueOf("VERSION_ID"),
    ...(codename === "" ? {} : { codename }),
  };
}

/** Bytes of swap, and how much of it is free. */
export function memorySwap(procRoot: string): [number, number] {
  const text = readIfReadable(`${procRoot}/meminfo`) ?? "";
  const valueOf = (key: string) =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024;
  return [valueOf("SwapTotal"), valueOf("SwapFree")];
}

/** How the time of all processors since the start of the host was spent, in per cent. */
export function cpuUtilization(procRoot: string): object {
  const [, ...times] = (readIfReadable(`${procRoot}/stat`) ?? "").split("\n", 1)[0]?.split(/\s+/) ?? [];
  const [user = 0, nice = 0, system = 0, idle = 0, ...others] = times.map(Number);
  const total = [user, nice, system, idle, ...others.slice(0, 4)].reduce((sum, time) => sum + time, 0);
  const percent = (time: number) => (total === 0 ? 0 : Math.round((time / total) * 10_000) / 100);
  return { userPercent: percent(user + nice), systemPercent: percent(system), idlePercent: percent(idle) };
}
