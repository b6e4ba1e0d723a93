import type { Engine } from "@wherry/core/engine";
import { variableName, type ContainerConfig, type History, type ImageConfig } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { StoredImage } from "@wherry/core/store";
import { changedAnnotations, type AnnotationChanges } from "../builder/base-annotations.ts";
import { changeConfig, type DraftConfig } from "../builder/image-config.ts";
import { isoOf, sortedConfig, type BuiltLayer } from "../builder/image-draft.ts";
import { changedTime } from "../builder/file-times.ts";
import type { BuildDate } from "../builder/index.ts";
import { LayerFiles } from "../builder/layer-files.ts";
import { writeImage, type ImageFormat } from "../builder/write-image.ts";
import { parseTrigger } from "../containerfile/index.ts";
import { WorkingContainerError } from "./errors.ts";
import { mergeLayers } from "./merge-layers.ts";
import { layersOf, type WorkingState } from "./working-container.ts";

/** How a container becomes an image. */
export interface CommitRequest {
  readonly format?: ImageFormat;
  readonly names: readonly Reference[];
  /** One layer for all of the image, its base's too. */
  readonly squash?: boolean;
  /** Time of creation, and what it says of the files of the new layer. */
  readonly date?: BuildDate | undefined;
  readonly omitHistory?: boolean;
  readonly unsetEnv?: readonly string[];
  readonly annotations?: Omit<AnnotationChanges, "created">;
  /** Whether an annotation says when the image was made. */
  readonly createdAnnotation?: boolean;
  /** Instructions of a Containerfile that change the config. */
  readonly changes?: readonly string[];
  /** Fields put over the config, as `--config FILE` has them. */
  readonly config?: ContainerConfig;
  /** Added to the labels. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Committed {
  readonly image: StoredImage;
  readonly warnings: readonly string[];
}

/** Makes an image of a container: all that was changed in it is one new layer. */
export async function commitWorking(
  engine: Engine,
  state: WorkingState,
  request: CommitRequest,
): Promise<Committed> {
  const { store, locations } = engine;
  using files = new LayerFiles(store, locations.cacheDir);
  const layers = await layersToWrite(engine, files, state, request);
  const created = request.date === undefined ? engine.host.now().toISOString() : isoOf(request.date.seconds);
  const format = request.format ?? "oci";
  const image = await writeImage(store, {
    config: imageConfig(state, request, layers, created),
    layers,
    format,
    annotations: changedAnnotations(state.annotations, {
      ...(request.annotations ?? { set: {}, unset: [] }),
      created: request.createdAnnotation === true ? created : undefined,
    }),
    names: request.names,
  });
  const isLost = format === "oci" && state.comment !== undefined;
  return {
    image,
    warnings: isLost
      ? [
          `COMMENT is not supported for OCI image format, comment ${state.comment ?? ""} will be ignored. Must use \`docker\` format`,
        ]
      : [],
  };
}

async function layersToWrite(
  { store }: Engine,
  files: LayerFiles,
  state: WorkingState,
  { squash = false, date }: CommitRequest,
): Promise<readonly BuiltLayer[]> {
  const changeTime = changedTime(date);
  if (squash) {
    const whole = await mergeLayers(store, files, layersOf(state), { changeTime });
    return whole === undefined ? [] : [whole];
  }
  const { base, changes } = state;
  const [only, ...others] = changes;
  if (only === undefined) return base;
  if (others.length === 0 && changeTime === undefined) return [...base, only];
  const merged = await mergeLayers(store, files, changes, { base: await files.tree(base), changeTime });
  return merged === undefined ? base : [...base, merged];
}

function imageConfig(
  state: WorkingState,
  request: CommitRequest,
  layers: readonly BuiltLayer[],
  created: string,
): ImageConfig {
  const { platform, author, osVersion } = state;
  const isDocker = request.format === "docker";
  const names = { Hostname: state.hostname, Domainname: state.domainname };
  const extra = isDocker
    ? Object.fromEntries(Object.entries(names).filter(([, value]) => value !== undefined))
    : {};
  return {
    created,
    ...(author === undefined ? {} : { author }),
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant === undefined || platform.variant === "" ? {} : { variant: platform.variant }),
    ...(osVersion === undefined ? {} : { "os.version": osVersion }),
    ...(isDocker && state.comment !== undefined ? { comment: state.comment } : {}),
    config: sortedConfig({ ...containerConfig(state.config, request), ...extra }),
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
    ...(request.omitHistory === true ? {} : { history: historyOf(state, request, layers, created) }),
  };
}

/** @throws {WorkingContainerError} for a change that is no instruction of that kind */
function containerConfig(config: ContainerConfig, request: CommitRequest): DraftConfig {
  const { unsetEnv = [], changes = [], labels = {} } = request;
  const changed: DraftConfig = { ...config, ...request.config };
  for (const text of changes) {
    const instruction = parseTrigger(text, "--change");
    if (["RUN", "COPY", "ADD", "ARG", "MAINTAINER"].includes(instruction.kind))
      throw new WorkingContainerError(
        `--change ${JSON.stringify(text)}: ${instruction.kind} does not change the config`,
      );
    changeConfig(changed, instruction as Parameters<typeof changeConfig>[1], true);
  }
  if (Object.keys(labels).length > 0) changed.Labels = { ...changed.Labels, ...labels };
  if (unsetEnv.length > 0)
    changed.Env = (changed.Env ?? []).filter((entry) => !unsetEnv.includes(variableName(entry)));
  return changed;
}

function historyOf(
  state: WorkingState,
  { squash = false }: CommitRequest,
  layers: readonly BuiltLayer[],
  created: string,
): readonly History[] {
  const { image, author, createdBy = "/bin/sh", historyComment } = state;
  const comment = historyComment ?? (image.name === "" ? undefined : `FROM ${image.name}`);
  const isEmpty = layers.length === (squash ? 0 : state.base.length);
  return [
    ...(squash ? [] : state.history),
    ...state.added.map((text) => ({ created, created_by: text, empty_layer: true })),
    {
      created,
      created_by: createdBy,
      ...(author === undefined ? {} : { author }),
      ...(comment === undefined ? {} : { comment }),
      ...(isEmpty ? { empty_layer: true } : {}),
    },
  ];
}
