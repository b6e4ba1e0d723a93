import { run } from "../process/index.ts";
import { ContainerStateError, NoHealthCheckError } from "./errors.ts";
import { readHealth, type HealthCheckResult } from "./health.ts";
import type { ContainerHost } from "./host.ts";
import { containerState } from "./list.ts";
import type { Container } from "./settings.ts";
import { supervisionFolder } from "./supervision.ts";

/**
 * Checks a container's health now, as the supervisor does.
 *
 * @throws {NoHealthCheckError | ContainerStateError}
 */
export async function checkHealth(
  host: ContainerHost,
  container: Container,
): Promise<HealthCheckResult | undefined> {
  if (container.config.health === undefined) throw new NoHealthCheckError(container.name);
  const state = containerState(host, container);
  if (state.status !== "running")
    throw new ContainerStateError("check the health of", container.name, state.status, "start it first");
  const age = Math.max(0, Math.round((host.now().getTime() - Date.parse(state.startedAt)) / 10));
  const { id } = container;
  await run("sh", [`${id}.check`, "60", String(age), id, ...host.selfProgram], {
    cwd: supervisionFolder(host),
  });
  return readHealth(host, container)?.log.at(-1);
}
