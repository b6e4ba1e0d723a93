import type { StoredImage } from "../store/index.ts";
import { formatReference, withDefaultTag } from "../reference/index.ts";
import type { Engine } from "./engine.ts";
import { ManyNamesError } from "./errors.ts";
import { getStored } from "./store-images.ts";

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
  const image = await getStored(engine, text);
  const name = await nameAsked(engine, text, image);
  if (name !== undefined && image.names.length > 1) {
    const { parseReference } = await import("../reference/index.ts");
    engine.store.images.untag(parseReference(name));
    return { untagged: [name], deleted: [] };
  }
  if (name === undefined && image.names.length > 1 && !force) throw new ManyNamesError(text, image.names);
  if (force) await removeContainersOf(engine, image);
  const { untagged } = await engine.store.images.remove(image.id, {
    call: async (task, input) => (await engine.worker()).call(task, input),
  });
  return { untagged, deleted: [image.id] };
}

/** The image's name the text stands for; undefined when the text is its ID or digest. */
async function nameAsked(engine: Engine, text: string, image: StoredImage): Promise<string | undefined> {
  if (image.id.replace("sha256:", "").startsWith(text.replace("sha256:", ""))) return undefined;
  const { Connection } = await import("./connection.ts");
  await using connection = new Connection(engine);
  const candidates = (await connection.context.candidates?.(text)) ?? [];
  const names = candidates.map((reference) => formatReference(withDefaultTag(reference)));
  return names.find((name) => image.names.includes(name));
}

async function removeContainersOf(engine: Engine, { id }: StoredImage): Promise<void> {
  const { listContainers, removeContainer } = await import("../container/index.ts");
  for (const { container } of listContainers(engine.containerHost)) {
    if (container.imageId === id) await removeContainer(engine.containerHost, container, { force: true });
  }
}
