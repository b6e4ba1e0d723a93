import type { NetworkMode } from "../network/index.ts";
import type { Isolation } from "../spec/index.ts";
import type { UserMode } from "../userns/index.ts";
import { getContainer, type ListHost } from "./list.ts";

/** What may name another container. */
export interface Depending {
  readonly requires?: readonly string[];
  readonly network?: NetworkMode;
  readonly isolation?: Isolation;
  readonly userMode?: UserMode;
}

type Mode = NetworkMode | NonNullable<Isolation["pid"]> | UserMode;

/**
 * The containers that one cannot do without: what it requires, and those whose namespaces it shares. As in podman, not those
 * whose volumes it has.
 */
export function dependenciesOf({ requires = [], network, isolation, userMode }: Depending): string[] {
  const shared = [network, isolation?.pid, isolation?.ipc, isolation?.uts, isolation?.cgroup, userMode];
  return [...new Set([...requires, ...shared.flatMap(containerOf)])];
}

/**
 * The same with the IDs of the containers that were named, which may be renamed later.
 *
 * @throws {ContainerNotFoundError}
 */
export function withDependencyIds<T extends Omit<Depending, "requires">>(host: ListHost, options: T): T {
  const { network, isolation, userMode } = options;
  if (dependenciesOf({ ...options, requires: [] }).length === 0) return options;
  const byId = <M extends Mode>(mode: M): M =>
    mode.kind === "container" ? { ...mode, container: getContainer(host, mode.container).id } : mode;
  const { pid, ipc, uts, cgroup } = isolation ?? {};
  return {
    ...options,
    ...(network === undefined ? {} : { network: byId(network) }),
    ...(userMode === undefined ? {} : { userMode: byId(userMode) }),
    ...(isolation === undefined
      ? {}
      : {
          isolation: {
            ...isolation,
            ...(pid === undefined ? {} : { pid: byId(pid) }),
            ...(ipc === undefined ? {} : { ipc: byId(ipc) }),
            ...(uts === undefined ? {} : { uts: byId(uts) }),
            ...(cgroup === undefined ? {} : { cgroup: byId(cgroup) }),
          },
        }),
  };
}

function containerOf(mode: Mode | undefined): string[] {
  return mode?.kind === "container" ? [mode.container] : [];
}
