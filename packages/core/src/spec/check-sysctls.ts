import { InvalidSysctlError } from "./errors.ts";

const IPC = ["kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem"].concat([
  "kernel.shmall",
  "kernel.shmmax",
  "kernel.shmmni",
  "kernel.shm_rmid_forced",
]);
const UTS = ["kernel.domainname", "kernel.hostname"];

/** Whether the container has a namespace of its own, of each kind that kernel parameters belong to. */
export interface OwnNamespaces {
  readonly network: boolean;
  readonly ipc: boolean;
  readonly uts: boolean;
}

/**
 * Only parameters of a namespace that is the container's own may be set: all others are the host's.
 *
 * @throws {InvalidSysctlError}
 */
export function checkSysctls(names: readonly string[], own: OwnNamespaces): void {
  for (const name of names) {
    const kind = kindOf(name.replaceAll("/", "."));
    if (kind === undefined)
      throw new InvalidSysctlError(name, "it belongs to no namespace, and would change the whole host");
    if (!own[kind]) throw new InvalidSysctlError(name, `the container's ${kind} namespace is not its own`);
  }
}

function kindOf(name: string): keyof OwnNamespaces | undefined {
  if (name.startsWith("net.")) return "network";
  if (IPC.includes(name) || name.startsWith("fs.mqueue.")) return "ipc";
  return UTS.includes(name) ? "uts" : undefined;
}
