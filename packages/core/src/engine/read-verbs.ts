import type { Writable } from "node:stream";
import type {
  ComparedPart,
  HistoryStep,
  ImageDifference,
  ImageSizes,
  PlatformSummary,
  VerifiedPart,
} from "../image/index.ts";
import type { Manifest } from "../oci/index.ts";
import type { ImageSource } from "../transport/index.ts";
import { openAdmitted } from "./admit-source.ts";
import { Connection, temporaryDirectoryOf, type ImageHost } from "./connection.ts";
import type { ReadOptions } from "./image-methods.ts";

/** An image opened for reading, narrowed to one platform. */
interface OpenImage extends AsyncDisposable {
  readonly source: ImageSource;
  readonly manifest: Manifest & { readonly kind: "image" };
}

/** Gives a file of an image piece by piece, out of the layer that has it: nothing is pulled. */
export async function readFileOf(
  engine: ImageHost,
  name: string,
  path: string,
  onPiece: (piece: Uint8Array) => void,
  options: ReadOptions = {},
): Promise<void> {
  const { readImageFile } = await import("../image/index.ts");
  await using image = await openImage(engine, name, options);
  for await (const piece of readImageFile(image.source, image.manifest.content.layers, path)) onPiece(piece);
}

/** Gives a blob that an image's manifests name, piece by piece. @throws {NoSuchBlobError} */
export async function readBlobOf(
  engine: ImageHost,
  name: string,
  digest: string,
  onPiece: (piece: Uint8Array) => void,
  { registry }: Pick<ReadOptions, "registry"> = {},
): Promise<void> {
  const { NoSuchBlobError, readTree } = await import("../image/index.ts");
  const { parseTransportName } = await import("../transport/index.ts");
  const place = parseTransportName(name);
  await using connection = new Connection(engine, registry);
  await using source = await openAdmitted(engine, place, connection, { choice: { kind: "all" } });
  const { blobs } = await readTree(await source.readManifest(), source);
  const blob = blobs.find((one) => one.digest === digest);
  if (blob === undefined) throw new NoSuchBlobError(name, digest);
  for await (const piece of (await source.readBlob(blob)) as AsyncIterable<Uint8Array>) onPiece(piece);
}

/** Writes all files of an image as one tar, as a container would see them. The target is not ended. */
export async function exportImage(
  engine: ImageHost,
  name: string,
  target: Writable,
  options: ReadOptions = {},
): Promise<void> {
  const { exportImage: exportTo } = await import("../image/index.ts");
  await using image = await openImage(engine, name, options);
  await exportTo(image.source, image.manifest.content.layers, target, temporaryDirectoryOf(engine));
}

/** In what two images differ, wherever each of them is. */
export async function diffImages(
  engine: ImageHost,
  before: string,
  after: string,
  parts: ReadonlySet<ComparedPart>,
  options: ReadOptions = {},
): Promise<ImageDifference> {
  const { compareImages } = await import("../image/index.ts");
  await using first = await openImage(engine, before, options);
  await using second = await openImage(engine, after, options);
  return await compareImages(first, second, parts);
}

/** Reads and digests all that a name stands for, the images of all platforms if it is an index. */
export async function verifyContent(
  engine: ImageHost,
  name: string,
  onPart: (part: VerifiedPart) => void,
  { registry }: Pick<ReadOptions, "registry"> = {},
): Promise<{ readonly parts: number; readonly bytes: number }> {
  const { ContentDamagedError, verifyContent: verify } = await import("../image/index.ts");
  const { openSource, parseTransportName } = await import("../transport/index.ts");
  await using connection = new Connection(engine, registry);
  await using source = openSource(parseTransportName(name), connection.context);
  const { damaged, ...total } = await verify(source, onPart);
  if (damaged > 0) throw new ContentDamagedError(name, damaged);
  return total;
}

/** The steps of an image's making, joined with its layers. */
export async function imageHistory(
  engine: ImageHost,
  name: string,
  options: ReadOptions = {},
): Promise<HistoryStep[]> {
  const { historyOf } = await import("../image/index.ts");
  await using image = await openImage(engine, name, options);
  return await historyOf(image.source, image.manifest);
}

/** What an image takes where it is stored. */
export async function imageSizes(
  engine: ImageHost,
  name: string,
  options: ReadOptions = {},
): Promise<ImageSizes> {
  const { sizesOf } = await import("../image/index.ts");
  await using image = await openImage(engine, name, options);
  return sizesOf(image.manifest);
}

/** The images that a name stands for: those of an index, or the one. */
export async function imagePlatforms(
  engine: ImageHost,
  name: string,
  { registry }: Pick<ReadOptions, "registry"> = {},
): Promise<PlatformSummary[]> {
  const { platformsOf } = await import("../image/index.ts");
  const { openSource, parseTransportName } = await import("../transport/index.ts");
  await using connection = new Connection(engine, registry);
  await using source = openSource(parseTransportName(name), connection.context);
  return await platformsOf(source);
}

async function openImage(
  engine: ImageHost,
  name: string,
  { registry, platform }: ReadOptions,
): Promise<OpenImage> {
  const { parseTransportName } = await import("../transport/index.ts");
  const { selectPlatform } = await import("../image/index.ts");
  const { hostPlatform } = await import("../oci/index.ts");
  const connection = new Connection(engine, registry);
  const choice = { kind: "one", platform: platform ?? hostPlatform() } as const;
  const source = selectPlatform(
    await openAdmitted(engine, parseTransportName(name), connection, { choice }),
    choice.platform,
  );
  const close = async (): Promise<void> => {
    await source[Symbol.asyncDispose]();
    await connection[Symbol.asyncDispose]();
  };
  try {
    const manifest = await source.readManifest();
    if (manifest.kind === "index") throw new Error("a platform was selected, and gave an index");
    return { source, manifest, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
