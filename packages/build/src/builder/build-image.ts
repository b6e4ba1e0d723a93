import type { ImageConfig, Platform } from "@wherry/core/oci";
import type { StoredImage } from "@wherry/core/store";
import { RemoteLayerLost } from "../cache/errors.ts";
import { Build } from "./build.ts";
import { JobSlots } from "./job-slots.ts";
import type { BuildRequest, BuildTools } from "./request.ts";

/**
 * Builds an image and gives it its names. Stages are built when another needs them, the others never. Config and manifest
 * are written at the very end: a build that fails leaves no image.
 *
 * @throws {StepError | ContainerfileError | BuildRequestError}
 */
export async function buildImage(request: BuildRequest, tools: BuildTools): Promise<StoredImage> {
  return await withoutLostCaches(tools, async () => {
    using build = new Build(request, tools);
    return await build.run();
  });
}

/** A cache elsewhere that promised a layer and does not give it is left out, and the build done again. */
async function withoutLostCaches<Result>(
  { remote, progress }: BuildTools,
  build: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await build();
    } catch (error) {
      if (!(error instanceof RemoteLayerLost) || remote === undefined) throw error;
      progress.warn(`the build begins again without a cache that cannot be used: ${error.message}`);
      await remote.drop(error.place);
    }
  }
}

/** Builds one image for each platform, all out of one pool of jobs; they get no names. */
export async function buildForPlatforms(
  request: BuildRequest,
  tools: BuildTools,
  platforms: readonly Platform[],
): Promise<StoredImage[]> {
  return await withoutLostCaches(tools, () => buildEach(request, tools, platforms));
}

async function buildEach(
  request: BuildRequest,
  tools: BuildTools,
  platforms: readonly Platform[],
): Promise<StoredImage[]> {
  const slots = new JobSlots(request.jobs ?? 1);
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, ...(tools.signal === undefined ? [] : [tools.signal])]);
  let failure: { readonly error: unknown } | undefined;
  const builds = await Promise.allSettled(
    platforms.map(async (platform) => {
      using build = new Build({ ...request, platform }, { ...tools, signal }, { slots });
      try {
        return await build.run();
      } catch (error) {
        failure ??= { error };
        stopping.abort(error);
        throw error;
      }
    }),
  );
  return builds.map((built) => {
    if (built.status === "rejected") throw failure?.error ?? built.reason;
    return built.value;
  });
}

/** Tells of each step whether it is in the cache, and if not why, without doing any. Base images have to be here. */
export async function explainBuild(request: BuildRequest, tools: BuildTools): Promise<void> {
  using build = new Build(request, tools, { isDryRun: true });
  await build.finish();
}

/** Does all steps without the cache, and writes no image: gives the config it would have. Results are kept apart, see `onTrial`. */
export async function tryBuild(
  request: BuildRequest & Required<Pick<BuildRequest, "onTrial">>,
  tools: BuildTools,
): Promise<ImageConfig> {
  using build = new Build({ ...request, noCache: true }, tools);
  const { draft } = await build.finish();
  return draft.toImageConfig(request.date?.seconds);
}
