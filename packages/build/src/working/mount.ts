import { readdirSync } from "node:fs";
import { join } from "node:path";
import { mountPoints } from "@wherry/core/container";
import { isWorkingMounted, unmountWorking, workingMountPoint, type Engine } from "@wherry/core/engine";
import { errnoOf } from "@wherry/core/error";
import { makeDirectory } from "@wherry/core/io";
import { run } from "@wherry/core/process";
import { prepareOverlay } from "@wherry/core/runtime";
import { removeTree } from "@wherry/core/store";
import { MountOutsideError } from "./errors.ts";
import { layerOf, makeUpper, unpackAll } from "./work-folder.ts";
import { layersOf, saveWorking, type WorkingContainer, type WorkingState } from "./working-container.ts";

/**
 * Mounts a container's files for this process and those beside it: what is written there becomes part of the container.
 *
 * @returns the folder
 * @throws {MountOutsideError} for an ordinary user outside of `unshare`
 */
export async function mountWorking(engine: Engine, { id, name, state }: WorkingContainer): Promise<string> {
  const { store, host } = engine;
  const point = workingMountPoint(store, { id });
  if (isWorkingMounted(engine, { id }, mountPoints(host.procRoot))) return point;
  if (host.uid !== 0) throw new MountOutsideError(name);
  const directory = store.working.directory(id);
  const [upper, work] = [join(directory, "upper"), join(directory, "work")];
  makeUpper(upper);
  await removeTree(work, await engine.worker());
  makeDirectory(work);
  const lower = await unpackAll(store, layersOf(state), await engine.worker());
  const empty = join(directory, "empty");
  makeUpper(empty);
  const overlay = prepareOverlay({
    layers: [empty, ...lower],
    upper,
    work,
    target: point,
    links: join(directory, "l"),
  });
  await run("mount", ["-t", "overlay", "overlay", "-o", `${overlay.options},userxattr`, point], {
    cwd: overlay.links,
    env: { ...process.env, LIBMOUNT_FORCE_MOUNT2: "always" },
    purpose: "mount a working container",
  });
  return point;
}

/**
 * Makes what was written into a container's mount its newest layer, and takes the mount away. The caller holds its lock.
 */
export async function takeMounted(
  engine: Engine,
  container: WorkingContainer,
): Promise<{ state: WorkingState; wasMounted: boolean }> {
  const { store } = engine;
  const upper = join(store.working.directory(container.id), "upper");
  if (!isThere(upper)) return { state: container.state, wasMounted: false };
  const wasMounted = await unmountWorking(engine, container);
  const worker = await engine.worker();
  const written = await layerOf(store, upper, worker);
  if (written === undefined) {
    await removeTree(upper, worker);
    return { state: container.state, wasMounted };
  }
  const state = { ...container.state, changes: [...container.state.changes, written.layer] };
  saveWorking(store, container, state); // before the folder goes away: a kill loses nothing
  await written.adopt();
  await removeTree(upper, worker);
  return { state, wasMounted };
}

function isThere(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EACCES") return true;
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}
