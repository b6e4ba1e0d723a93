import { existsSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { listContainers, removeContainer } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import { errnoOf } from "@wherry/core/error";
import { removeTree } from "@wherry/core/store";
import { endHolder } from "@wherry/core/userns";
import { dependantsFirst } from "../container/choose-containers.ts";

/**
 * Removes all containers and then every part of the store. Files in the store's folder that are not the store's stay, and so does the
 * folder while there are any.
 *
 * @param onFailure told of a container that does not end; the store stays then
 */
export async function resetStore(engine: Engine, onFailure: (error: unknown) => void): Promise<void> {
  const host = containerHost(engine);
  const { paths } = engine.store;
  if (!existsSync(paths.root)) return;
  let isClear = true;
  for (const { container } of dependantsFirst(listContainers(host))) {
    try {
      await removeContainer(host, container, { force: true, volumes: true });
    } catch (error) {
      isClear = false;
      onFailure(error);
    }
  }
  if (!isClear) return;
  const worker = await engine.worker();
  const { blobs, layers, containers, working, cacheMounts, imageMounts, volumes, secrets, staging } = paths;
  for (const folder of [
    layers,
    containers,
    working,
    cacheMounts,
    imageMounts,
    volumes,
    secrets,
    staging,
    blobs,
  ])
    await removeTree(folder, worker);
  for (const name of readdirSync(paths.root))
    if (OWN_FILES.test(name)) rmSync(join(paths.root, name), { force: true });
  removeIfEmpty(paths.root);
  const { runtimeDir } = engine.locations;
  await removeTree(join(runtimeDir, "c"), worker);
  endHolder({ runtimeDir, procRoot: engine.host.procRoot });
}

/** The files beside the folders: the ids its files have, SQLite's with its journals, the log of events and its older parts. */
const OWN_FILES =
  /^(?:oci-layout|index\.json|ids\.json|state\.(?:sqlite(?:-wal|-shm)?|reserve)|events\.log(?:\.\d+)?)$/;

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "EBUSY"].includes(errnoOf(error) ?? "")) throw error;
  }
}
