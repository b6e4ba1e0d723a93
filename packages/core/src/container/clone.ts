import { randomHex } from "../io/index.ts";
import type { Limits } from "../spec/index.ts";
import { NameInUseError, type StoredImage } from "../store/index.ts";
import { finishContainer } from "./create.ts";
import { ensureLayers } from "./ensure-layers.ts";
import type { ContainerHost } from "./host.ts";
import { imageOf } from "./list.ts";
import { recordContainerEvent } from "./record-event.ts";
import { checkContainerName } from "./rename.ts";
import { noteRequirements } from "./requirements.ts";
import { copySecrets } from "./secrets.ts";
import type { Container, ContainerSettings } from "./settings.ts";
import { decideUserMaps } from "./user-maps.ts";

export interface CloneOptions {
  /** Default the old name and `-clone`, with a number where that is taken. */
  readonly name?: string;
  /** Instead of the old container's. */
  readonly image?: StoredImage;
  /** Those not named stay. */
  readonly limits?: Limits;
}

/**
 * Makes a container with the settings of another. It shares the volumes; files that the other has changed do not come along.
 *
 * @throws {NameInUseError | InvalidContainerNameError}
 */
export async function cloneContainer(
  host: ContainerHost,
  original: Container,
  { name, image, limits }: CloneOptions = {},
): Promise<Container> {
  if (name !== undefined) checkContainerName(name);
  const id = randomHex(32);
  const config = cloned(original, id, limits);
  const record = {
    id,
    created: host.now().toISOString(),
    imageId: image?.id ?? original.imageId,
    imageName: image?.names[0] ?? image?.id ?? original.imageName,
  };
  if (image !== undefined) await ensureLayers(host, image, host.store.images.readConfig(image));
  const ofImage: Partial<ContainerSettings> =
    image === undefined ? {} : { diffIds: image.diffIds, imageDigest: image.manifest.digest };
  const container = await decideUserMaps(host, config, (decided) =>
    insertCloned(
      host,
      { ...record, config: { ...config, ...ofImage, ...decided } },
      name ?? `${original.name}-clone`,
      name !== undefined,
    ),
  );
  const stored = image ?? imageOf(host, original);
  await finishContainer(host, container, stored, () => copySecrets(host, original, container));
  noteRequirements(host, container);
  recordContainerEvent(host, container, "create");
  return container;
}

/** The settings, but for what belongs to one container alone. */
function cloned({ id: oldId, config }: Container, id: string, limits: Limits | undefined): ContainerSettings {
  const { cidFile: _cid, pidFile: _pid, monitorPidFile: _monitor, userMaps: _maps, ...rest } = config;
  const hostname = rest.hostname === oldId.slice(0, 12) ? id.slice(0, 12) : rest.hostname;
  return { ...rest, hostname, ...(limits === undefined ? {} : { limits: { ...rest.limits, ...limits } }) };
}

/** A name that we chose may be taken already: then a number is put to it. */
function insertCloned(
  host: ContainerHost,
  record: Omit<Container, "name">,
  name: string,
  isAsked: boolean,
): Container {
  for (let number = 0; ; number++) {
    const container = { ...record, name: number === 0 ? name : `${name}${number}` };
    try {
      host.store.database.write(() => host.store.containers.insert(container));
      return container;
    } catch (error) {
      if (isAsked || !(error instanceof NameInUseError)) throw error;
    }
  }
}
