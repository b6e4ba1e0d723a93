import { existsSync } from "node:fs";
import {
  containerPaths,
  containerState,
  ContainerTree,
  InvalidChangeError,
  pauseContainer,
  recordContainerEvent,
  unpauseContainer,
  type Container,
} from "../container/index.ts";
import { changeConfig } from "../image/index.ts";
import type { WrittenTar } from "../layer/index.ts";
import {
  createManifest,
  hostPlatform,
  MEDIA_TYPE,
  type ContainerConfig,
  type Descriptor,
  type Digest,
  type History,
  type ImageConfig,
} from "../oci/index.ts";
import type { Reference } from "../reference/index.ts";
import type { StoredImage } from "../store/index.ts";
import { containerHost } from "./container-host.ts";
import type { Engine } from "./engine.ts";

export interface CommitOptions {
  readonly name?: Reference;
  readonly author?: string;
  readonly message?: string;
  /** Instructions of a Containerfile. */
  readonly changes?: readonly string[];
  readonly format?: "oci" | "docker";
  /** Whether the processes stand still meanwhile. */
  readonly pause?: boolean;
  /** One layer with all files, instead of one more on the image's. */
  readonly squash?: boolean;
  /** The places of the container's volumes become the image's. */
  readonly includeVolumes?: boolean;
}

interface Layer {
  readonly descriptor: Descriptor;
  readonly diffId: Digest;
}

/**
 * Makes an image of what a container has changed. Nothing that is mounted in it becomes part of the image.
 *
 * @throws {InvalidChangeError} and what the store throws
 */
export async function commitContainer(
  engine: Engine,
  container: Container,
  options: CommitOptions = {},
): Promise<StoredImage> {
  const host = containerHost(engine);
  const { store } = engine;
  const changed = applyChanges(configOf(container, options), options.changes ?? []);
  const isWhole = options.squash === true || container.config.rootfs !== undefined;
  const isPaused = options.pause === true && containerState(host, container).status === "running";
  if (isPaused) await pauseContainer(host, container);
  let layer: Layer | undefined;
  try {
    layer = isWhole ? await wholeTree(engine, container) : await topLayer(engine, container);
  } finally {
    if (isPaused) unpauseContainer(host, container);
  }
  const base = isWhole ? undefined : store.images.find(container.imageId);
  const baseConfig = base === undefined ? undefined : store.images.readConfig(base);
  const baseLayers = base === undefined ? [] : store.images.readManifest(base).content.layers;
  const history: History = {
    created: host.now().toISOString(),
    created_by: container.config.args.join(" "),
    ...(options.author === undefined ? {} : { author: options.author }),
    ...(options.message === undefined ? {} : { comment: options.message }),
    ...(layer === undefined ? { empty_layer: true } : {}),
  };
  const made = await writeImage(engine, {
    config: {
      ...(baseConfig ?? hostPlatform()),
      created: host.now().toISOString(),
      ...(options.author === undefined ? {} : { author: options.author }),
      config: changed,
      rootfs: {
        type: "layers",
        diff_ids: [...(baseConfig?.rootfs.diff_ids ?? []), ...(layer === undefined ? [] : [layer.diffId])],
      },
      history: [...(baseConfig?.history ?? []), history],
    },
    layers: [...baseLayers, ...(layer === undefined ? [] : [layer.descriptor])],
    ...(options.format === undefined ? {} : { format: options.format }),
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  recordContainerEvent(host, container, "commit");
  return made;
}

/** An image to write: its layers are blobs of the store. */
export interface NewImage {
  readonly config: ImageConfig;
  readonly layers: readonly Descriptor[];
  readonly format?: "oci" | "docker";
  readonly name?: Reference;
}

/** Writes config and manifest, and names the image. */
export async function writeImage(
  { store }: Pick<Engine, "store">,
  { config, layers, format = "oci", name }: NewImage,
): Promise<StoredImage> {
  const isDocker = format === "docker";
  const blob = await store.blobs.writeBytes(Buffer.from(JSON.stringify(config)));
  const manifest = createManifest({
    schemaVersion: 2,
    mediaType: isDocker ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest,
    config: { mediaType: isDocker ? MEDIA_TYPE.dockerConfig : MEDIA_TYPE.ociConfig, ...blob },
    layers: layers.map((layer) => ({ ...layer, mediaType: layerType(layer.mediaType, isDocker) })),
  });
  await store.blobs.writeBytes(manifest.bytes);
  return store.images.put(manifest.descriptor, name === undefined ? [] : [name]);
}

const LAYER_TYPES = [
  [MEDIA_TYPE.ociLayer, MEDIA_TYPE.dockerLayer],
  [MEDIA_TYPE.ociLayerGzip, MEDIA_TYPE.dockerLayerGzip],
] as const;

/** A manifest and its layers are of one family. */
function layerType(mediaType: string, isDocker: boolean): string {
  const pair = LAYER_TYPES.find((types) => types.some((type) => type === mediaType));
  return pair?.[isDocker ? 1 : 0] ?? mediaType;
}

/** @throws {InvalidChangeError} */
export function applyChanges(config: ContainerConfig, changes: readonly string[]): ContainerConfig {
  return changes.reduce((before, change) => {
    const after = changeConfig(before, change);
    if (after === undefined)
      throw new InvalidChangeError(change, "it is no instruction that changes an image");
    return after;
  }, config);
}

/** How the container is run becomes how containers of the image are. */
function configOf({ config }: Container, { includeVolumes = false }: CommitOptions): ContainerConfig {
  const volumes = config.mounts.filter(({ type }) => type === "volume").map(({ destination }) => destination);
  return {
    ...(config.user === "" ? {} : { User: config.user }),
    Env: config.env,
    ...(config.entrypoint.length === 0 ? {} : { Entrypoint: config.entrypoint }),
    ...(config.command.length === 0 ? {} : { Cmd: config.command }),
    WorkingDir: config.workingDir,
    Labels: config.labels,
    StopSignal: config.stopSignal,
    ...(includeVolumes && volumes.length > 0
      ? { Volumes: Object.fromEntries(volumes.map((destination) => [destination, {}])) }
      : {}),
  };
}

async function topLayer(engine: Engine, container: Container): Promise<Layer | undefined> {
  const { upper } = containerPaths(containerHost(engine), container.id);
  if (!existsSync(upper)) return undefined;
  using staged = engine.store.blobs.stage();
  const worker = await engine.worker();
  const { diffId, size, entries } = await worker.call<WrittenTar>("diffLayer", {
    upper,
    output: staged.path,
  });
  if (entries === 0) return undefined;
  await staged.publish(diffId);
  return { diffId, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest: diffId, size } };
}

async function wholeTree(engine: Engine, container: Container): Promise<Layer> {
  using staged = engine.store.blobs.stage();
  await using tree = await ContainerTree.open(containerHost(engine), container, { volumes: false });
  const { archive, done } = await tree.pack("/", "");
  for await (const chunk of archive as AsyncIterable<Buffer>) staged.write(chunk);
  await done;
  const { digest, size } = await staged.finish();
  return { diffId: digest, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest, size } };
}
