import { randomHex } from "../io/index.ts";
import { hostPlatform, type ImageConfig } from "../oci/index.ts";
import { NameInUseError, type StoredImage } from "../store/index.ts";
import { checkSources } from "./check-sources.ts";
import type { CreateOptions } from "./create-options.ts";
import { decideLifecycle, type LifecycleOptions } from "./decide-lifecycle.ts";
import { decideMounts } from "./decide-mounts.ts";
import { decideSettings } from "./decide-settings.ts";
import { withDependencyIds } from "./dependencies.ts";
import { ensureLayers } from "./ensure-layers.ts";
import { NoHealthCheckError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { readTimezone } from "./isolate.ts";
import { withInit } from "./init-program.ts";
import { getContainer } from "./list.ts";
import { checkLogFolder } from "./log-settings.ts";
import { randomName } from "./random-name.ts";
import { recordContainerEvent } from "./record-event.ts";
import { checkContainerName } from "./rename.ts";
import { noteRequirements } from "./requirements.ts";
import { decideSecrets, lendSecrets } from "./secrets.ts";
import type { Container } from "./settings.ts";
import { decideUserMaps, ensureMappedLayers } from "./user-maps.ts";

const NO_IMAGE: ImageConfig = { ...hostPlatform(), rootfs: { type: "layers", diff_ids: [] } };

/**
 * Makes a container out of an image, or of the folder that `rootfs` names: layers are unpacked, settings written down. Nothing runs yet.
 *
 * @throws {NoCommandError | NameInUseError | MountSourceMissingError | InvalidContainerNameError}
 */
export async function createContainer(
  host: ContainerHost,
  image: StoredImage | undefined,
  given: CreateOptions = {},
): Promise<Container> {
  const { store } = host;
  const options = withDependencyIds(host, given);
  if (options.name !== undefined) checkContainerName(options.name);
  const imageConfig = image === undefined ? NO_IMAGE : store.images.readConfig(image);
  const imageName = options.imageName ?? image?.names[0] ?? image?.id ?? "";
  const id = randomHex(32);
  const { mounts, ensureVolumes } = decideMounts(host, imageConfig.config ?? {}, {
    ...options,
    requests: options.volumes ?? [],
  });
  const config = {
    ...decideSettings(id, imageConfig, imageName, options, host.procRoot),
    mounts,
    ...(options.secrets === undefined ? {} : { secrets: decideSecrets(host, options.secrets) }),
    ...decideLifecycle(imageConfig.config ?? {}, withRequiredIds(host, options.lifecycle)),
    ...(image === undefined ? {} : { imageDigest: image.manifest.digest }),
    ...(host.runtime === undefined ? {} : { runtime: host.runtime }),
    ...(host.notifySocket === undefined || options.notify === "ignore"
      ? {}
      : { notifySocket: host.notifySocket }),
  };
  checkSources(config.mounts);
  withInit(config, host.searchPath);
  if (options.notify === "healthy" && config.health === undefined)
    throw new NoHealthCheckError(options.name ?? imageName);
  if (options.log !== undefined) checkLogFolder(options.log);
  if (config.isolation?.timezone !== undefined) readTimezone(config.isolation.timezone, host.etc);
  if (image !== undefined) await ensureLayers(host, image, imageConfig);
  for (const other of options.images?.values() ?? [])
    await ensureLayers(host, other, store.images.readConfig(other));
  const { user, ...settings } = config;
  const container = await decideUserMaps(host, { ...options, user }, (decided) => {
    const record = { id, created: host.now().toISOString(), imageId: image?.id ?? "", imageName };
    return store.database.write(() => {
      ensureVolumes();
      return insertNamed(host, { ...record, config: { ...settings, ...decided } }, options.name);
    });
  });
  await finishContainer(host, container, image, () => lendSecrets(host, container));
  noteRequirements(host, container);
  recordContainerEvent(host, container, "create");
  return container;
}

/** Gives a new container its secrets, and the image's files with the owners its ids want; or it is not there. */
export async function finishContainer(
  host: ContainerHost,
  { id, config }: Container,
  image: StoredImage | undefined,
  giveSecrets: () => void,
): Promise<void> {
  try {
    giveSecrets();
    if (config.userMaps !== undefined && image !== undefined)
      await ensureMappedLayers(host, image, config.userMaps);
  } catch (error) {
    await host.store.containers.remove(id);
    throw error;
  }
}

function withRequiredIds(host: ContainerHost, options: LifecycleOptions = {}): LifecycleOptions {
  if (options.requires === undefined) return options;
  return { ...options, requires: options.requires.map((name) => getContainer(host, name).id) };
}

/** A random name may be taken already: then another one is drawn. */
function insertNamed(
  host: ContainerHost,
  record: Omit<Container, "name">,
  name: string | undefined,
): Container {
  for (let tries = 0; ; tries++) {
    const container = { ...record, name: name ?? randomName() };
    try {
      host.store.containers.insert(container);
      return container;
    } catch (error) {
      if (name !== undefined || tries === 20 || !(error instanceof NameInUseError)) throw error;
    }
  }
}
