import { UsageError, type CommandInput } from "@wherry/core/cli";
import { devicesAt, type CreateOptions } from "@wherry/core/container";
import {
  InvalidSettingError,
  parseResources,
  parseSize,
  wholeNumber,
  type DeviceRate,
  type DeviceWeight,
  type Limits,
} from "@wherry/core/spec";
import type Update from "../commands/update.ts";
import type { CreationFlags } from "./create-options.ts";
import { readLabels } from "./read-pairs.ts";

/** The values of the flags that `run`, `create` and `update` share. */
export type ResourceFlags = CommandInput<typeof Update>["flags"];

const PERIOD = 100_000;

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
  const { cpus } = flags;
  if (cpus !== undefined && (flags["cpu-quota"] !== undefined || flags["cpu-period"] !== undefined))
    throw new UsageError("--cpus cannot be set together with --cpu-quota or --cpu-period");
  return {
    ...parseResources(flags),
    ...(cpus === undefined ? {} : { cpuQuota: parseCpus(cpus), cpuPeriod: PERIOD }),
    ...io(flags),
    ...pids(flags),
  };
}

function parseCpus(text: string): number {
  const cpus = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const quota = Math.round(cpus * PERIOD);
  if (!(quota >= 1000)) throw new InvalidSettingError("cpus", text, "expected a number of at least 0.01");
  return quota;
}

function io(flags: Partial<ResourceFlags>): Limits {
  const limits = {
    blkioWeight: wholeNumber("blkio-weight", flags["blkio-weight"], 10, 1000),
    deviceWeights: flags["blkio-weight-device"]?.map(parseWeight),
    readBps: rates(flags, "device-read-bps", true),
    writeBps: rates(flags, "device-write-bps", true),
    readIops: rates(flags, "device-read-iops"),
    writeIops: rates(flags, "device-write-iops"),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

type RateFlag = `device-${"read" | "write"}-${"bps" | "iops"}`;

function rates(flags: Partial<ResourceFlags>, flag: RateFlag, isSize = false): DeviceRate[] | undefined {
  return flags[flag]?.map((text) => {
    const { value, ...device } = deviceAndValue(text, "RATE");
    const number = isSize ? parseSize(value, flag) : wholeNumber(flag, value, 1, Number.MAX_SAFE_INTEGER);
    return { ...device, rate: number ?? 0 };
  });
}

function parseWeight(text: string): DeviceWeight {
  const { value, ...device } = deviceAndValue(text, "WEIGHT");
  return { ...device, weight: wholeNumber("blkio-weight-device", value, 10, 1000) ?? 0 };
}

/** @throws {UsageError} */
function deviceAndValue(text: string, what: string) {
  const [, path = "", value = ""] = /^(\/[^:]+):(.+)$/.exec(text) ?? [];
  if (path === "")
    throw new UsageError(`bad format for device: ${JSON.stringify(text)}, expected PATH:${what}`);
  const [device] = devicesAt(path);
  if (device === undefined) throw new UsageError(`${path}: there is no device`);
  const { major, minor } = device.node;
  return { path, major, minor, value };
}

function pids(flags: Partial<ResourceFlags>): Limits {
  const limit = wholeNumber("pids-limit", flags["pids-limit"], -1, 2 ** 31);
  return limit === undefined ? {} : { pidsLimit: limit === 0 ? -1 : limit };
}

/** The files of a cgroup only: a path would lead elsewhere. */
function parseConf(texts: readonly string[]): Record<string, string> {
  for (const text of texts)
    if (!/^[a-z]+\.[a-z0-9_.]+=/.test(text))
      throw new InvalidSettingError("cgroup-conf", text, "expected FILE=VALUE, such as memory.high=1G");
  return readLabels(texts);
}
