import { InvalidSettingError } from "./errors.ts";
import type { Limits } from "./limits.ts";
import { parseSize } from "./parse-size.ts";

/** The kernel's least memory limit that starts a process, as podman refuses less. */
const LEAST_MEMORY = 4096;

/** What a container may use of memory and processors, as podman's and buildah's flags of these names have it. */
export interface ResourceTexts {
  readonly memory?: string | undefined;
  readonly "memory-swap"?: string | undefined;
  readonly "memory-reservation"?: string | undefined;
  readonly "cpu-period"?: string | undefined;
  readonly "cpu-quota"?: string | undefined;
  readonly "cpu-shares"?: string | undefined;
  readonly "cpuset-cpus"?: string | undefined;
  readonly "cpuset-mems"?: string | undefined;
}

/** Reads them; absent is what nobody asked for. @throws {InvalidSettingError} */
export function parseResources(texts: ResourceTexts): Limits {
  const limits = {
    ...memoryOf(texts),
    cpuQuota: wholeNumber("cpu-quota", texts["cpu-quota"], -1, Number.MAX_SAFE_INTEGER),
    cpuPeriod: wholeNumber("cpu-period", texts["cpu-period"], 1000, 1_000_000),
    cpuShares: wholeNumber("cpu-shares", texts["cpu-shares"], 2, 262_144),
    cpusetCpus: numbers("cpuset-cpus", texts["cpuset-cpus"]),
    cpusetMems: numbers("cpuset-mems", texts["cpuset-mems"]),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function memoryOf(texts: ResourceTexts): { [Key in keyof Limits]?: Limits[Key] | undefined } {
  const { memory: limitText = "", "memory-swap": swap = "", "memory-reservation": reservation = "" } = texts;
  const memory = sizeOf("memory", texts.memory);
  const memorySwap = swap === "-1" ? -1 : sizeOf("memory-swap", texts["memory-swap"]);
  const memoryReservation = sizeOf("memory-reservation", texts["memory-reservation"]);
  if (memory !== undefined && memory < LEAST_MEMORY)
    throw new InvalidSettingError("memory", limitText, "no process can live in so little");
  if (memorySwap !== undefined && memory === undefined)
    throw new InvalidSettingError(
      "memory-swap",
      swap,
      "unable to set memory-swap without memory: set --memory too",
    );
  if (memorySwap !== undefined && memorySwap !== -1 && memorySwap < (memory ?? 0))
    throw new InvalidSettingError(
      "memory-swap",
      swap,
      "it is memory and swap together, and less than --memory",
    );
  if (memoryReservation !== undefined && memory !== undefined && memoryReservation > memory)
    throw new InvalidSettingError("memory-reservation", reservation, "it is above --memory");
  return { memory, memorySwap, memoryReservation };
}

function sizeOf(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseSize(text, flag);
}

/** A whole number of a flag, in its bounds; undefined where the flag was not given. @throws {InvalidSettingError} */
export function wholeNumber(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new InvalidSettingError(
      flag,
      text,
      `expected a whole number of at least ${least}${most < 2 ** 31 ? ` and at most ${most}` : ""}`,
    );
  return number;
}

function numbers(flag: string, text: string | undefined): string | undefined {
  if (text !== undefined && !/^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/.test(text))
    throw new InvalidSettingError(flag, text, "expected numbers and ranges, such as 0-2,4");
  return text;
}
