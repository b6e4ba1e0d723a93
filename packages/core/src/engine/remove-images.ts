import { encodedOf, type Digest } from "../oci/index.ts";
import type { StoredImage } from "../store/index.ts";
import { parseReference } from "../reference/index.ts";
import { containerHost } from "./container-host.ts";
import type { Engine } from "./engine.ts";
import { ManyNamesError } from "./errors.ts";
import { resolveStored } from "./find-stored.ts";

/** What a removal did: names and IDs, as `rmi` prints them. */
export interface RemovedImages {
  readonly untagged: readonly string[];
  readonly deleted: readonly string[];
}

/**
 * Takes a name away from an image, or removes the image when that was its last name or it was asked for by ID.
 *
 * @param force removes an image with several names by its ID, and the containers made of it
 * @throws {ImageNotFoundError | ImageInUseError | ManyNamesError}
 */
export async function removeImage(
  engine: Engine,
  text: string,
  { force = false } = {},
): Promise<RemovedImages> {
  const { image, name } = await resolveStored(engine, text);
  if (name !== undefined && image.names.length > 1) {
    engine.store.images.untag(parseReference(name));
    return { untagged: [name], deleted: [] };
  }
  // an ID means all manifests that share it; a name, or the digest of a manifest, that manifest alone
  const isById = name === undefined && !text.endsWith(encodedOf(image.manifest.digest));
  const names = isById ? namesOf(engine, image.id) : image.names;
  if (name === undefined && names.length > 1 && !force) throw new ManyNamesError(text, names);
  if (force) await removeContainersOf(engine, image);
  const untagged = await removeManifests(engine, isById ? image.id : image.manifest.digest);
  return { untagged, deleted: [image.id] };
}

/**
 * Removes the manifest of that digest, or all of the image of that ID, with their names, which it gives.
 *
 * @throws {ImageNotFoundError | ImageInUseError}
 */
export async function removeManifests(engine: Engine, digest: Digest): Promise<readonly string[]> {
  const { untagged } = await engine.store.images.remove(digest, {
    call: async (task, input) => (await engine.worker()).call(task, input),
  });
  return untagged;
}

function namesOf({ store }: Engine, id: Digest): string[] {
  return store.images.list().flatMap((image) => (image.id === id ? image.names : []));
}

async function removeContainersOf(engine: Engine, { id }: StoredImage): Promise<void> {
  const { listContainers, removeContainer } = await import("../container/index.ts");
  const host = containerHost(engine);
  for (const { container } of listContainers(host)) {
    if (container.imageId === id) await removeContainer(host, container, { force: true });
  }
}
