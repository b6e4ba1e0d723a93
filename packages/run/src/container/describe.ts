import { formatAge } from "@wherry/core/cli";
import type { ContainerMount, ListedContainer } from "@wherry/core/container";
import type { PortMapping } from "@wherry/core/network";

/** podman's word for what a container is doing. */
export function stateWord({ state }: ListedContainer): string {
  if (state.status === "running" && state.isPaused) return "paused";
  // one that is made and not yet started is "initialized"
  return state.status === "starting" ? "initialized" : state.status;
}

/** `Up 2 hours`, `Exited (3) 2 hours ago`, `Created`. */
export function statusText({ state, health }: ListedContainer, now: Date): string {
  switch (state.status) {
    case "created":
      return "Created";
    case "starting":
      return "Initialized";
    case "running":
      if (state.isPaused) return "Paused";
      return `Up ${formatAge(state.startedAt, now).replace(/ ago$/, "")}${health === undefined ? "" : ` (${health})`}`;
    case "exited":
      return `Exited (${state.exitCode}) ${formatAge(state.finishedAt, now)}`;
  }
}

/** `0.0.0.0:8080->80/tcp, 127.0.0.1:5000-5001->5000-5001/udp`. */
export function portsText(ports: readonly PortMapping[]): string {
  return ports
    .map(({ hostIp = "0.0.0.0", hostPort, containerPort, protocol, range }) => {
      const span = (first: number) => (range === 1 ? String(first) : `${first}-${first + range - 1}`);
      return `${hostIp}:${span(hostPort)}->${span(containerPort)}/${protocol}`;
    })
    .join(", ");
}

/** A mount's source as people know it: path or volume name. */
export function mountSource(mount: ContainerMount): string {
  switch (mount.type) {
    case "bind":
    case "image":
      return mount.source;
    case "volume":
      return mount.name;
    case "tmpfs":
    case "special":
      return "";
  }
}
