import { getStored, type Engine, type SavedImage } from "@wherry/core/engine";
import { parseReference } from "@wherry/core/reference";
import { localReference } from "./local-reference.ts";

/**
 * What `save` writes: the first word is an image and the others further names for it, or each is an image.
 * An image gets the name it was asked by; asked for by ID it has none in the archive.
 */
export async function namesToSave(
  engine: Engine,
  [first = "", ...others]: readonly string[],
  areImages: boolean,
): Promise<[SavedImage, ...SavedImage[]]> {
  const saved = async (text: string, names: readonly string[]): Promise<SavedImage> => {
    const image = await getStored(engine, text);
    const name = image.names.find((known) => isNamed(known, text));
    const references = [...(name === undefined ? [] : [parseReference(name)]), ...names.map(localReference)];
    return { image: image.id, names: references };
  };
  if (!areImages) return [await saved(first, others)];
  return [await saved(first, []), ...(await Promise.all(others.map((image) => saved(image, []))))];
}

function isNamed(known: string, text: string): boolean {
  const wanted = text.includes(":", text.lastIndexOf("/") + 1) ? text : `${text}:latest`;
  return known === wanted || known.endsWith(`/${wanted}`);
}
