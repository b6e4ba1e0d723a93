import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { errnoOf, FileSystemError } from "../../error/index.ts";
import { isDigest } from "../../oci/index.ts";
import { InvalidLayoutError, NoSuchImageError, PlaceMissingError } from "../errors.ts";

const digest = v.optional(v.custom<`sha256:${string}`>(isDigest, "expected a digest"));
const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

const imagesSchema = v.array(
  v.looseObject({
    id,
    digest,
    names: v.optional(v.nullable(v.array(v.string()))),
    layer: v.optional(id),
    "big-data-names": v.optional(v.nullable(v.array(v.string()))),
  }),
);
const layersSchema = v.array(
  v.looseObject({
    id,
    parent: v.optional(v.union([id, v.literal("")])),
    "diff-digest": digest,
    "diff-size": v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  }),
);

export type PodmanImage = v.InferOutput<typeof imagesSchema>[number];
export type PodmanLayer = v.InferOutput<typeof layersSchema>[number];

/** The images of podman's store (containers/storage) in a folder. @throws {PlaceMissingError | InvalidLayoutError} */
export function readImages(root: string): PodmanImage[] {
  return readDocument(join(root, "overlay-images", "images.json"), imagesSchema);
}

/** The layers of an image, the lowest first. @throws {InvalidLayoutError} */
export function layersOf(root: string, image: PodmanImage): PodmanLayer[] {
  const all = new Map(
    readDocument(join(root, "overlay-layers", "layers.json"), layersSchema).map((layer) => [layer.id, layer]),
  );
  const found: PodmanLayer[] = [];
  for (let next = image.layer ?? ""; next !== "";) {
    const layer = all.get(next);
    if (layer === undefined || found.length > all.size)
      throw new InvalidLayoutError(root, `lacks layer ${next} of image ${image.id.slice(0, 12)}`);
    found.unshift(layer);
    next = layer.parent ?? "";
  }
  return found;
}

/**
 * The image that was meant: by name, id or the beginning of one.
 *
 * @throws {NoSuchImageError}
 */
export function chooseStored(
  images: readonly PodmanImage[],
  wanted: { name?: string; id?: string },
  root: string,
): PodmanImage {
  const { name, id: start } = wanted;
  const found = images.filter(
    (image) =>
      (name === undefined || (image.names ?? []).includes(name)) &&
      (start === undefined || image.id.startsWith(start)),
  );
  const [first, second] = found;
  if (first !== undefined && second === undefined) return first;
  const names = images.flatMap((image) => image.names ?? []);
  throw new NoSuchImageError(
    `image ${name ?? ""}${start === undefined ? "" : `@${start}`} in ${root}`,
    names,
  );
}

/** A file that an image brought with it: its manifest, its config. Names that are no file names are written in base64. */
export function readBigData(root: string, image: PodmanImage, name: string): Buffer {
  const file =
    /^[\w.-]+$/.test(name) && !name.startsWith(".") ? name : `=${Buffer.from(name).toString("base64")}`;
  return readWhole(join(root, "overlay-images", image.id, file));
}

function readDocument<T extends v.GenericSchema>(path: string, schema: T): v.InferOutput<T> {
  try {
    return v.parse(schema, JSON.parse(readWhole(path).toString()));
  } catch (error) {
    if (error instanceof v.ValiError || error instanceof SyntaxError)
      throw new InvalidLayoutError(path, "is not what podman writes there", error);
    throw error;
  }
}

function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") throw new PlaceMissingError(path);
    throw new FileSystemError("read", path, error);
  }
}
