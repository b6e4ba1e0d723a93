import type { Engine } from "@wherry/core/engine";
import { unmountWorking } from "./mount.ts";
import { lockWorking, type WorkingContainer } from "./working-container.ts";

/** Removes a container with all that was changed in it. */
export async function removeWorking(
  engine: Engine,
  container: Pick<WorkingContainer, "id" | "name">,
): Promise<void> {
  using _lock = lockWorking(engine.store, container);
  await unmountWorking(engine, container);
  await engine.store.working.remove(container.id, {
    call: async (task, input) => (await engine.worker()).call(task, input),
  });
}
