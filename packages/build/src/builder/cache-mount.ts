import { posix } from "node:path";
import type { OpenCacheMount, LayerWorker } from "@wherry/core/store";
import { TarWriter } from "@wherry/core/layer";
import type { RunMount } from "../containerfile/index.ts";
import { copyInto } from "./copy.ts";
import { findSources } from "./copy-source.ts";
import type { FromFiles } from "./from-files.ts";
import { absoluteIn } from "./image-config.ts";
import { LayerDraft } from "./layer-draft.ts";
import type { StepContext } from "./step-context.ts";
import { EMPTY_TREE } from "./tree.ts";

/** Opens the cache of a mount: known by its id, or its place, and its owner. A new one begins with the files of `from`. */
export async function openCache(
  { build, draft }: StepContext,
  mount: Extract<RunMount, { type: "cache" }>,
  { files, worker }: { files: FromFiles | undefined; worker: LayerWorker },
): Promise<OpenCacheMount> {
  const { uid, gid, sharing, mode, source } = mount;
  const id = mount.id ?? posix.normalize(absoluteIn(draft.config.WorkingDir, mount.target));
  const { store, signal } = build.tools;
  return store.cacheMounts.open(
    { id, uid, gid },
    {
      ...{ sharing, mode, worker, signal },
      seed: files === undefined ? undefined : (folder) => fill(folder, files, source),
    },
  );

  async function fill(folder: string, { tree, where }: FromFiles, path: string): Promise<void> {
    const layer = new LayerDraft(EMPTY_TREE, { mtime: draft.date });
    copyInto(layer, findSources(await tree(), [path], { where }), { destination: "/" });
    if (layer.isEmpty) return;
    using staged = store.blobs.stage();
    const writer = new TarWriter(staged.fd);
    await layer.write(writer);
    await writer.finish();
    await worker.call("applyLayer", { blob: staged.path, compression: "none", target: folder });
  }
}
