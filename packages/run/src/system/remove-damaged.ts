import { listContainers, removeContainer } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import type { Problem } from "@wherry/core/store";
import { dependantsFirst } from "../container/choose-containers.ts";

/**
 * Removes the containers, running or not, that damage keeps from working: their image is damaged, or gone.
 *
 * @param onFailure told of those that could not be removed
 * @returns the IDs of those that are gone
 */
export async function removeDamaged(
  engine: Engine,
  problems: readonly Problem[],
  onFailure: (error: unknown) => void,
): Promise<string[]> {
  const images = new Set<string>(problems.flatMap((problem) => ("images" in problem ? problem.images : [])));
  const lost = new Set(
    problems.flatMap((problem) => (problem.kind === "container-without-image" ? [problem.id] : [])),
  );
  const host = containerHost(engine);
  const removed: string[] = [];
  for (const { container } of dependantsFirst(listContainers(host))) {
    if (!images.has(container.imageId) && !lost.has(container.id)) continue;
    try {
      await removeContainer(host, container, { force: true });
      removed.push(container.id);
    } catch (error) {
      onFailure(error);
    }
  }
  return removed;
}
