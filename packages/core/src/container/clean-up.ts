import { endRun } from "./end-run.ts";
import { ContainerStateError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { containerState } from "./list.ts";
import { recordContainerEvent } from "./record-event.ts";
import { forgetRun } from "./remove.ts";
import type { Container } from "./settings.ts";

/**
 * Removes what a container's last run has left: its network, processes that outlived it, its files in the runtime folder.
 *
 * @param stoppedOnly refuses a container too that has not run yet
 * @throws {ContainerStateError} when it runs
 */
export async function cleanUpContainer(
  host: ContainerHost,
  container: Container,
  { stoppedOnly = false } = {},
): Promise<void> {
  const state = containerState(host, container);
  const refuse = (hint: string): never => {
    throw new ContainerStateError("clean up", container.name, state.status, hint);
  };
  if (state.status === "running" || state.status === "starting") refuse("stop it first");
  if (stoppedOnly && state.status !== "exited") refuse("only one that has ended is asked for");
  if (state.record !== undefined) await endRun(host, container, state.record);
  await forgetRun(host, container);
  recordContainerEvent(host, container, "cleanup");
}
