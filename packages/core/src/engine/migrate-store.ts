import { renameSync } from "node:fs";
import { basename, join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { run } from "../process/index.ts";
import { moveToTrash, readNames, removeTree } from "../store/index.ts";
import type { Engine } from "./engine.ts";
import { rememberIds } from "./store-ids.ts";

/** What has files of ids that are no longer the user's, which only root can give back. */
export interface LostFiles {
  readonly kind: "container" | "volume" | "layer";
  readonly name: string;
  readonly path: string;
}

/**
 * Has the files of a store be those of the ids that the user's namespace has now: layers are unpacked anew out of their blobs.
 * Gives what has files of its own that nobody but root can give to the new ids.
 */
export async function migrateStore(engine: Engine): Promise<LostFiles[]> {
  const { store } = engine;
  const { idMaps } = await engine.userNamespace();
  const worker = await engine.worker();
  const { layers, staging } = store.paths;
  const old = readNames(layers).flatMap((name) => moveToTrash(join(layers, name), staging) ?? []);
  for (const image of store.images.list())
    await store.layers.ensure(store.images.readManifest(image), store.images.readConfig(image), worker);
  const lost: LostFiles[] = [];
  for (const path of old) {
    try {
      await removeTree(path, worker);
    } catch {
      lost.push(setAside(path, store.root));
    }
  }
  for (const { id, name } of store.containers.list()) {
    const path = join(store.paths.containers, id);
    if (await hasStrangers(engine, path)) lost.push({ kind: "container", name, path });
  }
  for (const { name } of store.volumes.list()) {
    const path = store.volumes.path(name);
    if (await hasStrangers(engine, path)) lost.push({ kind: "volume", name, path });
  }
  rememberIds(store.root, idMaps);
  return lost;
}

/** Out of the staging folder, which every clean-up would try to empty again. */
function setAside(path: string, root: string): LostFiles {
  const folder = join(root, "not-ours");
  makeDirectory(folder);
  const aside = join(folder, basename(path));
  renameSync(path, aside);
  return { kind: "layer", name: basename(path), path: aside };
}

/**
 * Whether there is a file whose owner or group the namespace does not have: those show as 65534 there, as files of nobody do. What is
 * nobody's its root may write.
 */
async function hasStrangers(engine: Engine, path: string): Promise<boolean> {
  const [program = "", ...args] = (await engine.userNamespace()).enter();
  const wanted = [
    ...["(", "-uid", "65534", "-o", "-gid", "65534", ")"],
    ...["!", "-type", "l", "!", "-writable", "-print", "-quit"],
  ];
  const { stdout } = await run(program, [...args, "find", path, ...wanted], { okStatus: [0, 1] });
  return stdout.length > 0;
}
