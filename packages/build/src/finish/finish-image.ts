import { FOLLOWED_RELEASE } from "@wherry/core/cli";
import type { Engine } from "@wherry/core/engine";
import { variableName, type ContainerConfig, type ImageConfig } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { StoredImage } from "@wherry/core/store";
import { changedAnnotations } from "../builder/base-annotations.ts";
import { withVariable } from "../builder/image-config.ts";
import { ImageDraft, sortedConfig, type BuiltLayer } from "../builder/image-draft.ts";
import { LayerFiles } from "../builder/layer-files.ts";
import { writeImage, type ImageFormat } from "../builder/write-image.ts";
import { mergeLayers } from "../working/merge-layers.ts";

/** What is changed of an image when its build is done. */
export interface FinishRequest {
  readonly format: ImageFormat;
  readonly annotations: Readonly<Record<string, string>>;
  readonly unsetAnnotations: readonly string[];
  /** NAME=value. */
  readonly env: readonly string[];
  readonly unsetEnv: readonly string[];
  readonly unsetLabels: readonly string[];
  readonly createdAnnotation: boolean;
  readonly identityLabel: boolean;
  readonly omitHistory: boolean;
  /** "new": the layers that the build added become one; "all": all layers. */
  readonly squash: "new" | "all" | undefined;
  /** Seconds that files of squashed layers get. */
  readonly fileTime: number | undefined;
}

/** Whether the image stays as it was built. */
export function changesNothing(request: FinishRequest): boolean {
  const { format, annotations, unsetAnnotations, env, unsetEnv, unsetLabels, omitHistory, squash } = request;
  const { createdAnnotation, identityLabel } = request;
  const lists = [env, unsetEnv, unsetLabels, unsetAnnotations, Object.keys(annotations)];
  return (
    format === "oci" &&
    lists.every(({ length }) => length === 0) &&
    !createdAnnotation &&
    !identityLabel &&
    !omitHistory &&
    squash === undefined
  );
}

/**
 * Writes a built image anew with what was asked for, and gives it the names; the image it was is removed where it has no
 * name of its own.
 *
 * @param isBase whether a layer, by its diffID, was there before the build
 */
export async function finishImage(
  engine: Engine,
  image: StoredImage,
  request: FinishRequest,
  names: readonly Reference[],
): Promise<StoredImage> {
  const { store, locations } = engine;
  const { content } = store.images.readManifest(image);
  const config = store.images.readConfig(image);
  const { layers } = ImageDraft.from(config, content.layers, image.platform);
  using files = new LayerFiles(store, locations.cacheDir);
  const isSame = request.squash === undefined;
  const squashed = isSame ? layers : await squash(engine, files, layers, request);
  const finished = await writeImage(store, {
    config: changedImage(config, squashed, request, isSame),
    layers: squashed,
    format: request.format,
    annotations: changedAnnotations(content.annotations, {
      ...{ set: request.annotations, unset: request.unsetAnnotations },
      created: request.createdAnnotation ? config.created : undefined,
    }),
    names,
  });
  if (finished.manifest.digest !== image.manifest.digest && image.names.length === 0)
    await store.images.remove(image.manifest.digest, {
      call: async (task, input) => (await engine.worker()).call(task, input),
    });
  return finished;
}

async function squash(
  { store }: Engine,
  files: LayerFiles,
  layers: readonly BuiltLayer[],
  { squash: which, fileTime }: FinishRequest,
): Promise<readonly BuiltLayer[]> {
  const changeTime = fileTime === undefined ? undefined : () => fileTime;
  const own = which === "all" ? 0 : baseLength(store, layers);
  const added = layers.slice(own);
  if (added.length < 2) return layers;
  const base = layers.slice(0, own);
  const merged = await mergeLayers(store, files, added, {
    ...(base.length === 0 ? {} : { base: await files.tree(base) }),
    changeTime,
  });
  return merged === undefined ? base : [...base, merged];
}

/** How many of the lowest layers another image of the store has, too: those of the base. */
function baseLength(store: Engine["store"], layers: readonly BuiltLayer[]): number {
  const lengths = store.images
    .list()
    .map(({ diffIds, names }) =>
      names.length > 0 &&
      diffIds.length < layers.length &&
      diffIds.every((diffId, index) => layers[index]?.diffId === diffId)
        ? diffIds.length
        : 0,
    );
  return Math.max(0, ...lengths);
}

function changedImage(
  config: ImageConfig,
  layers: readonly BuiltLayer[],
  request: FinishRequest,
  isSame: boolean,
): ImageConfig {
  const { history, rootfs: _rootfs, config: container = {}, ...rest } = config;
  const made = isSame ? history : squashedHistory(config, layers.length);
  return {
    ...rest,
    config: sortedConfig(changedConfig(container, request)),
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    ...(request.omitHistory || made === undefined ? {} : { history: made }),
  };
}

/** The steps stay to be read; those whose layer went into the last one have none any more. */
function squashedHistory({ history = [] }: ImageConfig, layerCount: number): ImageConfig["history"] {
  const withLayer = history.flatMap((step, index) => (step.empty_layer === true ? [] : [index]));
  const kept = new Set([...withLayer.slice(0, layerCount - 1), ...withLayer.slice(-1)]);
  return history.map((step, index) =>
    step.empty_layer === true || kept.has(index) ? step : { ...step, empty_layer: true },
  );
}

function changedConfig(config: ContainerConfig, request: FinishRequest): ContainerConfig {
  const { env, unsetEnv, unsetLabels, identityLabel } = request;
  const set = env.reduce<readonly string[]>((list, entry) => {
    const equals = entry.indexOf("=");
    return withVariable(list, entry.slice(0, equals), entry.slice(equals + 1));
  }, config.Env ?? []);
  const labels = {
    ...config.Labels,
    ...(identityLabel ? { "io.buildah.version": FOLLOWED_RELEASE.buildah } : {}),
  };
  for (const name of unsetLabels) Reflect.deleteProperty(labels, name);
  return {
    ...config,
    Env: set.filter((entry) => !unsetEnv.includes(variableName(entry))),
    ...(Object.keys(labels).length === 0 ? { Labels: {} } : { Labels: labels }),
  };
}
