import { renameSync } from "node:fs";
import { basename, join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { run } from "../process/index.ts";
import { moveToTrash, readNames, removeTree } from "../store/index.ts";
import type { Engine } from "./engine.ts";
import { hasSameIds, rememberIds } from "./store-ids.ts";

/** What has files of ids that are no longer the user's, which only root can give back. */
export interface LostFiles {
  readonly kind: "container" | "volume" | "working container" | "cache mount" | "layer";
  readonly name: string;
  readonly path: string;
}

/**
 * Has the files of a store be those of the ids that the user's namespace has now: where these are others, layers are unpacked anew
 * out of their blobs. Gives what has files of its own that nobody but root can give to the new ids.
 */
export async function migrateStore(engine: Engine): Promise<LostFiles[]> {
  const { store } = engine;
  const { idMaps } = await engine.userNamespace();
  if (hasSameIds(store.root, idMaps)) return [];
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
  for (const one of keptFiles(engine)) if (await hasStrangers(engine, one.path)) lost.push(one);
  rememberIds(store.root, idMaps);
  return lost;
}

/** What there is only once: no blob can make it again. */
function keptFiles({ store }: Engine): LostFiles[] {
  const { containers, volumes, working, cacheMounts, paths } = store;
  return [
    ...containers
      .list()
      .map(({ id, name }) => ({ kind: "container" as const, name, path: join(paths.containers, id) })),
    ...volumes.list().map(({ name }) => ({ kind: "volume" as const, name, path: volumes.path(name) })),
    ...working
      .list()
      .map(({ id, name }) => ({ kind: "working container" as const, name, path: working.directory(id) })),
    ...cacheMounts.list().map(({ id, path }) => ({ kind: "cache mount" as const, name: id, path })),
  ];
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
