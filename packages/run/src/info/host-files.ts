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
