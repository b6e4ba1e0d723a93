import type { NetworkMode } from "../network/index.ts";
import { readState } from "../runtime/index.ts";
import type { Isolation, NamespaceChoice, NamespaceMode, SpecNamespaces } from "../spec/index.ts";
import { ContainerStateError, NamespaceNotShareableError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { containerPaths } from "./paths.ts";
import { asContainer } from "./settings.ts";

type JoinHost = Pick<ContainerHost, "store" | "runtimeDir" | "procRoot">;

/**
 * Where each of a container's namespaces comes from; those of other containers by their first process.
 *
 * @throws {ContainerStateError} when the other one does not run
 * @throws {NamespaceNotShareableError | ContainerNotFoundError}
 */
export function namespaceChoices(
  host: JoinHost,
  network: NetworkMode,
  { pid, ipc, uts, cgroup }: Pick<Isolation, "pid" | "ipc" | "uts" | "cgroup"> = {},
): SpecNamespaces {
  return {
    network: networkNamespace(host, network),
    ...(pid === undefined ? {} : { pid: choiceOf(host, "pid", pid) }),
    ...(ipc === undefined ? {} : { ipc: choiceOf(host, "ipc", ipc) }),
    ...(uts === undefined ? {} : { uts: choiceOf(host, "uts", uts) }),
    ...(cgroup === undefined ? {} : { cgroup: choiceOf(host, "cgroup", cgroup) }),
  };
}

function networkNamespace(host: JoinHost, mode: NetworkMode): NamespaceChoice {
  switch (mode.kind) {
    case "host":
      return "host";
    case "path":
      return { path: mode.path };
    case "container":
      return { path: namespaceOf(host, "net", mode.container) };
    default:
      return "private";
  }
}

function choiceOf(host: JoinHost, name: string, mode: NamespaceMode): NamespaceChoice {
  switch (mode.kind) {
    case "host":
      return "host";
    case "path":
      return { path: mode.path };
    case "container":
      return { path: namespaceOf(host, name, mode.container) };
    default:
      return "private";
  }
}

/** The file of a running container's namespace; `name` as in /proc/PID/ns. */
export function namespaceOf(host: JoinHost, name: string, container: string): string {
  const other = asContainer(host.store.containers.get(container));
  const kind = other.config.isolation?.ipc?.kind;
  if (name === "ipc" && (kind === "private" || kind === "none"))
    throw new NamespaceNotShareableError(other.name, kind);
  const state = readState(other.id, containerPaths(host, other.id).directory, host.procRoot);
  if (state.status !== "running")
    throw new ContainerStateError(
      `join the ${name === "net" ? "network" : `${name} namespace`} of`,
      other.name,
      state.status,
      "start it first",
    );
  return `/proc/${state.init.pid}/ns/${name}`;
}
