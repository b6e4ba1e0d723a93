import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { sendDatagram } from "../runtime/index.ts";
import type { BindMount } from "../spec/index.ts";
import { readHealth } from "./health.ts";
import type { ContainerHost } from "./host.ts";
import { containerState } from "./list.ts";
import { waitUntil } from "./end-processes.ts";
import type { Container } from "./settings.ts";

const INSIDE = "/run/notify";

/** What a container needs that tells the service manager itself that it has started. */
export interface NotifyParts {
  /** Socket that the monitor passes messages on to. */
  readonly socket?: string;
  readonly mounts: readonly BindMount[];
  readonly env: readonly string[];
}

/** conmon makes its end of the way in the bundle's folder `notify`, which the container sees. */
export function notifyParts(
  { notifySocket }: Pick<ContainerHost, "notifySocket">,
  { config }: Container,
  bundle: string,
): NotifyParts {
  if (notifySocket === undefined || (config.notify ?? "container") !== "container")
    return { mounts: [], env: [] };
  const source = join(bundle, "notify");
  mkdirSync(source, { recursive: true, mode: 0o755 });
  return {
    socket: notifySocket,
    mounts: [{ type: "bind", source, destination: INSIDE }],
    env: [`NOTIFY_SOCKET=${INSIDE}/notify.sock`],
  };
}

/** Tells the service manager which process it is to watch, and that it runs where nobody else will say so. */
export async function notifyStarted(
  { notifySocket }: Pick<ContainerHost, "notifySocket">,
  { config }: Container,
  monitorPid: number,
): Promise<void> {
  if (notifySocket === undefined || config.notify === "ignore") return;
  const ready = config.notify === "conmon" ? "\nREADY=1" : "";
  await sendDatagram(notifySocket, `MAINPID=${monitorPid}${ready}`);
}

/** With `--sdnotify healthy`: waits until a check has succeeded, or the container has ended, and tells of it. */
export async function notifyHealthy(host: ContainerHost, container: Container): Promise<void> {
  if (host.notifySocket === undefined || container.config.notify !== "healthy") return;
  const isHealthy = () => readHealth(host, container)?.status === "healthy";
  await waitUntil(() => isHealthy() || containerState(host, container).status !== "running", Infinity);
  if (isHealthy()) await sendDatagram(host.notifySocket, "READY=1");
}
