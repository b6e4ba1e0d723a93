import { lockWorking, type Engine } from "@wherry/core/engine";
import { mountWorking, takeMounted } from "./mount.ts";
import { getWorking, saveWorking, type WorkingContainer, type WorkingState } from "./working-container.ts";

/**
 * Does something to a container while nobody else can: what was written into its mount becomes a layer first, and a mount
 * that is there is made anew over the result.
 *
 * @param work gives the state after it; the same state when nothing was changed
 * @throws {WorkingContainerNotFoundError | LockTimeoutError} and what `work` throws; then the container is as it was
 */
export async function changeWorking(
  engine: Engine,
  text: string,
  work: (container: WorkingContainer) => Promise<WorkingState>,
): Promise<WorkingContainer> {
  const { store } = engine;
  const found = getWorking(store, text);
  using _lock = await lockWorking(engine, found);
  const { state, wasMounted } = await takeMounted(engine, getWorking(store, found.id));
  let after = state;
  try {
    after = await work({ ...found, state });
    if (after !== state) saveWorking(store, found, after);
  } finally {
    if (wasMounted) await mountWorking(engine, { ...found, state: after });
  }
  return { ...found, state: after };
}
