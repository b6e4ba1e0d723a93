import { string } from "@oclif/core/flags";
import type { ResourceTexts } from "@wherry/core/spec";

/** What commands may use at most, in the flags of `from` and `build` that buildah has for it. */
export const limitFlags = {
  "cgroup-parent": string({
    helpValue: "PATH",
    description: "Cgroup, or systemd slice, to run commands below",
  }),
  "cpu-period": string({ helpValue: "MICROSECONDS", description: "Period of the CPU quota of commands" }),
  "cpu-quota": string({ helpValue: "MICROSECONDS", description: "CPU time of commands in each period" }),
  "cpu-shares": string({ char: "c", helpValue: "SHARES", description: "Relative weight of CPU time" }),
  "cpuset-cpus": string({ helpValue: "LIST", description: "CPUs that commands may run on, such as 0-2,4" }),
  "cpuset-mems": string({ helpValue: "LIST", description: "Memory nodes that commands may use" }),
  memory: string({ char: "m", helpValue: "SIZE", description: "Memory limit of commands, such as 512m" }),
  "memory-swap": string({
    helpValue: "SIZE",
    description: "Limit of memory and swap together; -1: no limit",
  }),
};

/** As typed; none of the flags where nobody asked. */
export function resourceTexts(flags: Readonly<Record<string, unknown>>): ResourceTexts {
  const names = Object.keys(limitFlags).filter((name) => name !== "cgroup-parent");
  return Object.fromEntries(
    names.flatMap((name) => (typeof flags[name] === "string" ? [[name, flags[name]]] : [])),
  );
}
