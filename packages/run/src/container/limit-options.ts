import { UsageError, type CommandInput } from "@wherry/core/cli";
import { devicesAt, type CreateOptions } from "@wherry/core/container";
import { InvalidSettingError, type DeviceRate, type Limits } from "@wherry/core/spec";
import type Update from "../commands/update.ts";
import type { CreationFlags } from "./create-options.ts";
import { parseSize } from "./parse-size.ts";
import { readLabels } from "./read-pairs.ts";

/** The values of the flags that `run`, `create` and `update` share. */
export type ResourceFlags = CommandInput<typeof Update>["flags"];

const PERIOD = 100_000;
/** The kernel's least memory limit that starts a process, as podman refuses less. */
const LEAST_MEMORY = 4096;

/**
 * What the flags of `run` and `create` ask for a container's cgroup; absent where nobody asked.
 *
 * @throws {UsageError | InvalidSettingError}
 */
export function limitOptions(flags: CreationFlags): Pick<CreateOptions, "limits"> {
  const { cgroups } = flags;
  const parent = flags["cgroup-parent"];
  const conf = flags["cgroup-conf"];
  const limits: Limits = {
    ...parseLimits(flags),
    ...(conf === undefined ? {} : { conf: parseConf(conf) }),
    ...(parent === undefined ? {} : { cgroupParent: parent }),
    ...(cgroups === "enabled" ? {} : { cgroups: cgroups as NonNullable<Limits["cgroups"]> }),
  };
  if (cgroups === "disabled" && parent !== undefined)
    throw new UsageError("--cgroups=disabled and --cgroup-parent cannot be set together");
  return Object.keys(limits).length === 0 ? {} : { limits };
}

/** What the flags say of what a container may use. @throws {UsageError | InvalidSettingError} */
export function parseLimits(flags: Partial<ResourceFlags>): Limits {
  return { ...memory(flags), ...cpu(flags), ...io(flags), ...pids(flags) };
}

function memory(flags: Partial<ResourceFlags>): Limits {
  const limit = sizeOf(flags.memory);
  const swap = flags["memory-swap"];
  const memorySwap = swap === "-1" ? -1 : sizeOf(swap);
  const memoryReservation = sizeOf(flags["memory-reservation"]);
  if (limit !== undefined && limit < LEAST_MEMORY)
    throw new InvalidSettingError("memory", flags.memory ?? "", "no process can live in so little");
  if (memorySwap !== undefined && limit === undefined)
    throw new UsageError("unable to set memory-swap without memory: set --memory too");
  if (memorySwap !== undefined && memorySwap !== -1 && memorySwap < (limit ?? 0))
    throw new InvalidSettingError(
      "memory-swap",
      swap ?? "",
      "it is memory and swap together, and less than --memory",
    );
  if (memoryReservation !== undefined && limit !== undefined && memoryReservation > limit)
    throw new InvalidSettingError(
      "memory-reservation",
      flags["memory-reservation"] ?? "",
      "it is above --memory",
    );
  return {
    ...(limit === undefined ? {} : { memory: limit }),
    ...(memorySwap === undefined ? {} : { memorySwap }),
    ...(memoryReservation === undefined ? {} : { memoryReservation }),
  };
}

function cpu(flags: Partial<ResourceFlags>): Limits {
  const { cpus } = flags;
  const quota = wholeNumber("cpu-quota", flags["cpu-quota"], -1, Number.MAX_SAFE_INTEGER);
  const period = wholeNumber("cpu-period", flags["cpu-period"], 1000, 1_000_000);
  const cpuShares = wholeNumber("cpu-shares", flags["cpu-shares"], 2, 262_144);
  if (cpus !== undefined && (quota !== undefined || period !== undefined))
    throw new UsageError("--cpus cannot be set together with --cpu-quota or --cpu-period");
  const limits = {
    cpuQuota: cpus === undefined ? quota : parseCpus(cpus),
    cpuPeriod: cpus === undefined ? period : PERIOD,
    cpuShares,
    cpusetCpus: list("cpuset-cpus", flags["cpuset-cpus"]),
    cpusetMems: list("cpuset-mems", flags["cpuset-mems"]),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function parseCpus(text: string): number {
  const cpus = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const quota = Math.round(cpus * PERIOD);
  if (!(quota >= 1000)) throw new InvalidSettingError("cpus", text, "expected a number of at least 0.01");
  return quota;
}

function io(flags: Partial<ResourceFlags>): Limits {
  const weight = wholeNumber("blkio-weight", flags["blkio-weight"], 10, 1000);
  const [readBps, writeBps] = [rates(flags["device-read-bps"], true), rates(flags["device-write-bps"], true)];
  const [readIops, writeIops] = [rates(flags["device-read-iops"]), rates(flags["device-write-iops"])];
  return {
    ...(weight === undefined ? {} : { blkioWeight: weight }),
    ...(readBps === undefined ? {} : { readBps }),
    ...(writeBps === undefined ? {} : { writeBps }),
    ...(readIops === undefined ? {} : { readIops }),
    ...(writeIops === undefined ? {} : { writeIops }),
  };
}

function rates(texts: readonly string[] | undefined, isSize = false): DeviceRate[] | undefined {
  return texts?.map((text) => {
    const [, path = "", rate = ""] = /^(\/[^:]+):(.+)$/.exec(text) ?? [];
    if (path === "")
      throw new UsageError(`bad format for device: ${JSON.stringify(text)}, expected PATH:RATE`);
    const [device] = devicesAt(path);
    if (device === undefined) throw new UsageError(`${path}: there is no device`);
    const { major, minor } = device.node;
    const number = isSize ? parseSize(rate) : wholeNumber("device rate", rate, 1, Number.MAX_SAFE_INTEGER);
    return { path, major, minor, rate: number ?? 0 };
  });
}

function pids(flags: Partial<ResourceFlags>): Limits {
  const limit = wholeNumber("pids-limit", flags["pids-limit"], -1, 2 ** 31);
  return limit === undefined ? {} : { pidsLimit: limit === 0 ? -1 : limit };
}

function sizeOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseSize(text);
}

function wholeNumber(
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

function list(flag: string, text: string | undefined): string | undefined {
  if (text !== undefined && !/^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/.test(text))
    throw new InvalidSettingError(flag, text, "expected numbers and ranges, such as 0-2,4");
  return text;
}

/** The files of a cgroup only: a path would lead elsewhere. */
function parseConf(texts: readonly string[]): Record<string, string> {
  for (const text of texts)
    if (!/^[a-z]+\.[a-z0-9_.]+=/.test(text))
      throw new InvalidSettingError("cgroup-conf", text, "expected FILE=VALUE, such as memory.high=1G");
  return readLabels(texts);
}
