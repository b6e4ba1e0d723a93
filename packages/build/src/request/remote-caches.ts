import { registryOptions } from "@wherry/core/cli";
import { openPlace, writePlace } from "@wherry/core/engine";
import type { Digest } from "@wherry/core/oci";
import type { StoredImage } from "@wherry/core/store";
import { cacheSource, type RecordedSteps } from "../cache/recorded-steps.ts";
import { RemoteCache } from "../cache/remote-cache.ts";
import { graphOptions } from "../graph-flags.ts";
import type { BuildFlags } from "./build-flags.ts";
import type { BuildSetting } from "./build-tools.ts";
import { parseCachePlace } from "./cache-place.ts";

/** The caches of `--cache-from`; undefined when there are none. @throws {UsageError} */
export function remoteCache({ engine, progress }: BuildSetting, flags: BuildFlags): RemoteCache | undefined {
  const places = (flags["cache-from"] ?? []).map((text) => parseCachePlace(text, "--cache-from"));
  for (const text of flags["cache-to"] ?? []) parseCachePlace(text, "--cache-to"); // refused before anything is done
  if (places.length === 0) return undefined;
  const { cacheTtlMs } = graphOptions(flags);
  return new RemoteCache(
    places.map(({ name, place }) => ({
      name,
      open: () => openPlace(engine, place, { registry: registryOptions(flags) }),
    })),
    {
      store: engine.store,
      warn: (text) => progress.warn(text),
      ...(cacheTtlMs === undefined ? {} : { ttlMs: cacheTtlMs }),
    },
  );
}

/** What a build leaves to be written. */
interface ToWrite {
  readonly recorded: RecordedSteps;
  readonly remote: RemoteCache | undefined;
  readonly images: readonly StoredImage[];
}

/** Writes the build's results to the places of `--cache-to`. A build does not fail for one that cannot be written, but says so. */
export async function writeCaches(
  { engine, progress }: BuildSetting,
  flags: BuildFlags,
  { recorded, remote, images }: ToWrite,
): Promise<void> {
  const { store } = engine;
  for (const text of flags["cache-to"] ?? []) {
    const { place, name, mode, ignoresErrors } = parseCachePlace(text, "--cache-to");
    const only = mode === "min" ? new Set<Digest>(images.flatMap(({ diffIds }) => diffIds)) : undefined;
    try {
      const document = await recorded.document({ store, remote }, only);
      await using source = cacheSource(document, store, remote);
      await writePlace(engine, source, place, { registry: registryOptions(flags) });
    } catch (error) {
      engine.signal?.throwIfAborted();
      if (!ignoresErrors) throw error;
      progress.warn(
        `no cache was written to ${name}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
