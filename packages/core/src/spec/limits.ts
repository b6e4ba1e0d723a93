import type { RuntimeResources } from "./runtime-spec.ts";

/** A limit of one block device; `rate` is bytes or operations in a second. */
export interface DeviceRate {
  readonly path: string;
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

/** The share of one block device. */
export interface DeviceWeight extends Omit<DeviceRate, "rate"> {
  /** 10 to 1000. */
  readonly weight: number;
}

/** What a container may use at most, and where its cgroup is. Absent is without limit. */
export interface Limits {
  /** Bytes. */
  readonly memory?: number;
  /** Bytes of memory and swap together; -1 is without limit. */
  readonly memorySwap?: number;
  readonly memoryReservation?: number;
  readonly cpuShares?: number;
  /** Microseconds of each period; -1 is without limit. */
  readonly cpuQuota?: number;
  readonly cpuPeriod?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** -1 is without limit. */
  readonly pidsLimit?: number;
  /** 10 to 1000. */
  readonly blkioWeight?: number;
  readonly deviceWeights?: readonly DeviceWeight[];
  readonly readBps?: readonly DeviceRate[];
  readonly writeBps?: readonly DeviceRate[];
  readonly readIops?: readonly DeviceRate[];
  readonly writeIops?: readonly DeviceRate[];
  /** Files of the cgroup and what is written to them. */
  readonly conf?: Readonly<Record<string, string>>;
  /** Default "enabled". */
  readonly cgroups?: "enabled" | "disabled" | "no-conmon" | "split";
  /** Cgroup below which the container's is made. */
  readonly cgroupParent?: string;
}

/** The runtime's form of the limits; undefined where there is none. runtime-spec config-linux.md "Control groups". */
export function limitResources(limits: Limits): RuntimeResources | undefined {
  const resources = {
    ...section("memory", {
      limit: limits.memory,
      swap: limits.memorySwap ?? (limits.memory === undefined ? undefined : limits.memory * 2),
      reservation: limits.memoryReservation,
    }),
    ...section("cpu", {
      shares: limits.cpuShares,
      quota: limits.cpuQuota,
      period: limits.cpuPeriod,
      cpus: limits.cpusetCpus,
      mems: limits.cpusetMems,
    }),
    ...(limits.pidsLimit === undefined ? {} : { pids: { limit: limits.pidsLimit } }),
    ...section("blockIO", {
      weight: limits.blkioWeight,
      weightDevice: limits.deviceWeights?.map(({ major, minor, weight }) => ({ major, minor, weight })),
      throttleReadBpsDevice: rates(limits.readBps),
      throttleWriteBpsDevice: rates(limits.writeBps),
      throttleReadIOPSDevice: rates(limits.readIops),
      throttleWriteIOPSDevice: rates(limits.writeIops),
    }),
    ...(limits.conf === undefined ? {} : { unified: limits.conf }),
  };
  return Object.keys(resources).length === 0 ? undefined : resources;
}

/** The controllers of cgroup version 2 that the limits need, each with the flag that asks for it. */
export function neededControllers(limits: Limits): ReadonlyMap<string, string> {
  const asked: readonly (readonly [string, string, unknown])[] = [
    ["memory", "--memory", limits.memory],
    ["memory", "--memory-swap", limits.memorySwap],
    ["memory", "--memory-reservation", limits.memoryReservation],
    ["cpu", "--cpu-shares", limits.cpuShares],
    ["cpu", "--cpus", limits.cpuQuota ?? limits.cpuPeriod],
    ["cpuset", "--cpuset-cpus", limits.cpusetCpus],
    ["cpuset", "--cpuset-mems", limits.cpusetMems],
    ["pids", "--pids-limit", limits.pidsLimit],
    ["io", "--blkio-weight", limits.blkioWeight],
    ["io", "--blkio-weight-device", limits.deviceWeights],
    ["io", "--device-read-bps", limits.readBps],
    ["io", "--device-write-bps", limits.writeBps],
    ["io", "--device-read-iops", limits.readIops],
    ["io", "--device-write-iops", limits.writeIops],
  ];
  const needed = new Map<string, string>();
  for (const [controller, flag, value] of asked)
    if (value !== undefined && !needed.has(controller)) needed.set(controller, flag);
  for (const file of Object.keys(limits.conf ?? {})) {
    const [controller = ""] = file.split(".");
    if (controller !== "cgroup" && !needed.has(controller)) needed.set(controller, "--cgroup-conf");
  }
  return needed;
}

function section(name: string, values: Readonly<Record<string, unknown>>): Record<string, object> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return present.length === 0 ? {} : { [name]: Object.fromEntries(present) };
}

function rates(devices: readonly DeviceRate[] | undefined): readonly object[] | undefined {
  return devices?.map(({ major, minor, rate }) => ({ major, minor, rate }));
}
