import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { makeDirectory } from "../io/index.ts";
import { dependenciesOf } from "./dependencies.ts";
import { ContainerRequiredError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { containerState, getContainer } from "./list.ts";
import { containerPaths } from "./paths.ts";
import { asContainer, type Container } from "./settings.ts";
import type { Started } from "./start.ts";

/** Notes in the folders of the containers it requires that this one needs them: their removal asks no other record. */
export function noteRequirements(host: ContainerHost, { id, config }: Container): void {
  for (const required of dependenciesOf(config)) {
    const folder = requirersFolder(host, required);
    makeDirectory(folder);
    writeFileSync(join(folder, id), "");
  }
}

/**
 * Sees to it that no container that is still there requires this one.
 *
 * @throws {ContainerRequiredError}
 */
export function checkNotRequired(host: ContainerHost, { id, name }: Container): void {
  const requirers = namesIn(requirersFolder(host, id)).filter((other) =>
    existsSync(host.store.containers.directory(other)),
  );
  if (requirers.length > 0) throw new ContainerRequiredError(name, requirers);
}

/** The containers that require one, those first that nothing requires: in this order all can be removed. */
export function requirersOf(host: ContainerHost, container: Container): Container[] {
  const found = new Map<string, Container>();
  const visit = ({ id }: Container): void => {
    for (const name of namesIn(requirersFolder(host, id))) {
      const requirer = found.has(name) ? undefined : host.store.containers.find(name);
      if (requirer === undefined) continue;
      visit(asContainer(requirer));
      found.set(name, asContainer(requirer));
    }
  };
  visit(container);
  return [...found.values()];
}

/** Starts what a container depends on and does not run; those start their own first. */
export async function startRequired(
  host: ContainerHost,
  { config }: Container,
  start: (host: ContainerHost, container: Container) => Promise<Started>,
): Promise<void> {
  for (const id of dependenciesOf(config)) {
    const required = getContainer(host, id);
    if (containerState(host, required).status === "running") continue;
    const { monitor, remover } = await start(host, required);
    monitor.release();
    remover?.leave();
  }
}

function requirersFolder(host: ContainerHost, id: string): string {
  return join(containerPaths(host, id).directory, "required-by");
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
