import { string } from "@oclif/core/flags";

const rate = (what: string) =>
  string({ multiple: true, helpValue: "DEVICE:RATE", description: `Limit ${what} a second` });

/** Flags about what a container may use: of `run` and `create`, and of `update`. */
export const resourceFlags = {
  "blkio-weight": string({ helpValue: "WEIGHT", description: "Share of block input and output, 10 to 1000" }),
  "blkio-weight-device": string({
    multiple: true,
    helpValue: "DEVICE:WEIGHT",
    description: "Share of one device's input and output, 10 to 1000",
  }),
  "cpu-period": string({ helpValue: "MICROSECONDS", description: "Period of the CPU quota" }),
  "cpu-quota": string({ helpValue: "MICROSECONDS", description: "CPU time in each period" }),
  "cpu-shares": string({ char: "c", helpValue: "SHARES", description: "Relative weight of CPU time" }),
  cpus: string({ helpValue: "NUMBER", description: "Number of CPUs, such as 1.5" }),
  "cpuset-cpus": string({ helpValue: "LIST", description: "CPUs it may run on, such as 0-2,4" }),
  "cpuset-mems": string({ helpValue: "LIST", description: "Memory nodes it may use, such as 0,1" }),
  "device-read-bps": rate("bytes read from a device"),
  "device-read-iops": rate("reads of a device"),
  "device-write-bps": rate("bytes written to a device"),
  "device-write-iops": rate("writes to a device"),
  memory: string({ char: "m", helpValue: "SIZE", description: "Memory limit, such as 512m" }),
  "memory-reservation": string({ helpValue: "SIZE", description: "Memory it is left when memory is short" }),
  "memory-swap": string({
    helpValue: "SIZE",
    description: "Limit of memory and swap together; -1: no limit",
  }),
  "pids-limit": string({ helpValue: "NUMBER", description: "Limit of processes; -1: no limit" }),
};

/** Flags about where a container's cgroup is. */
export const cgroupFlags = {
  "cgroup-conf": string({
    multiple: true,
    helpValue: "FILE=VALUE",
    description: "Write a value to a file of its cgroup, such as memory.high=1G",
  }),
  "cgroup-parent": string({
    helpValue: "PATH",
    description: "Cgroup, or systemd slice, to make its own below",
  }),
  cgroups: string({
    options: ["enabled", "disabled", "no-conmon", "split"],
    default: "enabled",
    helpValue: "MODE",
    description: "Cgroup of the container: enabled, disabled, no-conmon, split (below our own)",
  }),
};
