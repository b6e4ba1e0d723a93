import { readManifest, type Engine, type PullOptions } from "@wherry/core/engine";
import type { Platform } from "@wherry/core/oci";

/** Which images of a name to add: the one of the platform asked for, or with `all` each of its index. */
export async function imagesToAdd(
  engine: Engine,
  name: string,
  all: boolean,
  { platform, registry }: PullOptions,
): Promise<readonly { readonly platform?: Platform }[]> {
  if (!all || engine.store.images.find(name) !== undefined)
    return [platform === undefined ? {} : { platform }];
  const place = /^[a-z-]+:/.test(name) && !/^[^/]*:\d+\//.test(name) ? name : `docker://${name}`;
  const manifest = await readManifest(engine, place, registry === undefined ? {} : { registry });
  if (manifest.kind !== "index" || !("manifests" in manifest.content)) return [{}];
  return manifest.content.manifests.flatMap((entry) =>
    entry.platform === undefined || entry.platform.os === "unknown" ? [] : [{ platform: entry.platform }],
  );
}
