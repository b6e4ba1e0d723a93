import { formatAge } from "@wherry/core/cli";
import {
  unpublishedPorts,
  type ContainerMount,
  type ContainerSettings,
  type ListedContainer,
} from "@wherry/core/container";
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

/** `0.0.0.0:8080->80/tcp, 127.0.0.1:5000-5001->5000-5001/udp, 9000/tcp`: what is published, then what is only exposed. */
export function portsText(
  ports: readonly PortMapping[],
  exposedPorts: ContainerSettings["exposedPorts"] = [],
): string {
  const published = ports.map(
    ({ hostIp = "0.0.0.0", hostPort, containerPort, protocol, range }) =>
      `${hostIp}:${spanText(hostPort, range)}->${spanText(containerPort, range)}/${protocol}`,
  );
  const exposed = exposedPorts.length === 0 ? [] : unpublishedPorts({ ports, exposedPorts });
  return [...published, ...exposedTexts(exposed)].join(", ");
}

/** Ports that follow each other as one range, by protocol and number. */
function exposedTexts(ports: readonly PortMapping[]): string[] {
  const sorted = [...ports].sort(
    (left, right) =>
      (left.protocol < right.protocol ? -1 : left.protocol > right.protocol ? 1 : 0) ||
      left.containerPort - right.containerPort,
  );
  const runs: { protocol: string; first: number; range: number }[] = [];
  for (const { protocol, containerPort } of sorted) {
    const last = runs.at(-1);
    if (last?.protocol === protocol && last.first + last.range === containerPort) last.range++;
    else runs.push({ protocol, first: containerPort, range: 1 });
  }
  return runs.map(({ protocol, first, range }) => `${spanText(first, range)}/${protocol}`);
}

function spanText(first: number, range: number): string {
  return range === 1 ? String(first) : `${first}-${first + range - 1}`;
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
