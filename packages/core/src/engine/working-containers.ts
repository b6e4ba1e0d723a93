import { join } from "node:path";
import { lockFile, run } from "../process/index.ts";
import { WorkingContainerNotFoundError, type Store, type WorkingRecord } from "../store/index.ts";
import type { Engine } from "./engine.ts";

/** Which working container is meant. */
type Named = Pick<WorkingRecord, "id" | "name">;

/** Removes a working container with all that was changed in it. @throws {LockTimeoutError} while another process changes it */
export async function removeWorking(engine: Engine, container: Named): Promise<void> {
  using _lock = await lockWorking(engine, container);
  await unmountWorking(engine, container);
  await engine.store.working.remove(container.id, {
    call: async (task, input) => (await engine.worker()).call(task, input),
  });
}

/** Keeps other processes from changing a container until it is disposed. @throws {LockTimeoutError} */
export async function lockWorking({ store, signal }: Engine, { id, name }: Named): Promise<Disposable> {
  try {
    return await lockFile(join(store.working.directory(id), "lock"), { signal });
  } catch (error) {
    if (store.working.find(id) === undefined) throw new WorkingContainerNotFoundError(name);
    throw error;
  }
}

/** Takes the mount away. What was written there stays in the container. @returns whether there was one */
export async function unmountWorking(engine: Engine, container: Pick<Named, "id">): Promise<boolean> {
  const { mountPoints } = await import("../container/index.ts");
  if (!isWorkingMounted(engine, container, mountPoints(engine.host.procRoot))) return false;
  await run("umount", ["--lazy", workingMountPoint(engine.store, container)], {
    purpose: "unmount a working container",
  });
  return true;
}

/**
 * Whether it is mounted where this process is: in its mount namespace.
 *
 * @param mounted where something is mounted there
 */
export function isWorkingMounted(
  { store }: Engine,
  container: Pick<Named, "id">,
  mounted: ReadonlySet<string>,
): boolean {
  return mounted.has(workingMountPoint(store, container));
}

/** Where a container's files are seen while it is mounted. */
export function workingMountPoint(store: Store, { id }: Pick<Named, "id">): string {
  return join(store.working.directory(id), "merged");
}
