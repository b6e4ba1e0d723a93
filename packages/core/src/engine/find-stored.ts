import { ImageNotFoundError, type FoundImage, type StoredImage } from "../store/index.ts";
import { Connection, type ImageHost } from "./connection.ts";

/** The stored image of that name. */
export async function findStored(engine: ImageHost, name: string): Promise<StoredImage | undefined> {
  return (await findResolved(engine, name))?.image;
}

/** As `resolveStored`; undefined where there is none. */
export async function findResolved(engine: ImageHost, name: string): Promise<FoundImage | undefined> {
  try {
    return await resolveStored(engine, name);
  } catch (error) {
    if (error instanceof ImageNotFoundError) return undefined;
    throw error;
  }
}

/** As `findStored`. @throws {ImageNotFoundError} */
export async function getStored(engine: ImageHost, name: string): Promise<StoredImage> {
  return (await resolveStored(engine, name)).image;
}

/**
 * The stored image of that name, and the full name that was meant. Configuration is read only when the name alone does not tell.
 *
 * @throws {ImageNotFoundError | AmbiguousImageError}
 */
export async function resolveStored(engine: ImageHost, name: string): Promise<FoundImage> {
  const { images } = engine.store;
  if (images.find(name) !== undefined) return images.resolve(name);
  await using connection = new Connection(engine);
  return images.resolve(name, await connection.context.candidates?.(name));
}
