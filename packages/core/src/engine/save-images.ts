import { createReadStream, rmSync } from "node:fs";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ManifestFormat } from "../image/index.ts";
import { makeTemporaryFolder } from "../io/index.ts";
import { formatReference, type Reference } from "../reference/index.ts";
import type { ImageDestination, TransportName } from "../transport/index.ts";
import { openAdmitted } from "./admit-source.ts";
import { Connection, temporaryDirectoryOf } from "./connection.ts";
import { copyFromStore } from "./copy-stored.ts";
import { getStored } from "./find-stored.ts";
import { recordImageEvent } from "./record-image-event.ts";
import type { StoreHost } from "./store-host.ts";

/** An image and the names it is to have in an archive. */
export interface SavedImage {
  readonly image: string;
  readonly names: readonly Reference[];
}

/**
 * Writes stored images to an archive or folder at `path`. Several images need the docker-archive format.
 *
 * @throws {UnsupportedByDestinationError}
 */
export async function saveImages(
  engine: StoreHost,
  images: readonly [SavedImage, ...SavedImage[]],
  path: string,
  format: "docker-archive" | "oci-archive" | "oci-dir" | "docker-dir",
): Promise<void> {
  const { DockerArchiveWriter, openDestination, UnsupportedByDestinationError } =
    await import("../transport/index.ts");
  await using connection = new Connection(engine);
  const { context } = connection;
  const copy = async (
    { image }: SavedImage,
    destination: ImageDestination,
    to?: ManifestFormat,
  ): Promise<void> => {
    await using source = await openAdmitted(engine, { transport: "containers-storage", image }, connection, {
      choice: { kind: "all" },
    });
    await copyFromStore(engine, source, destination, context, to === undefined ? {} : { format: to });
    recordImageEvent(engine, "save", (await getStored(engine, image)).id, path);
  };
  if (format === "docker-archive") {
    await using writer = new DockerArchiveWriter(path);
    for (const image of images) await copy(image, writer.destination(image.names));
    await writer.finish();
    return;
  }
  if (images.length > 1) throw new UnsupportedByDestinationError(format, "several images");
  const [first] = images;
  const [name] = first.names.map(formatReference);
  const named = name === undefined ? {} : { image: name };
  const target: TransportName =
    format === "docker-dir"
      ? { transport: "dir", path }
      : { transport: format === "oci-dir" ? "oci" : "oci-archive", path, ...named };
  await using destination = openDestination(target, context);
  await copy(first, destination, format === "docker-dir" ? "docker" : "oci");
}

/** As `saveImages`, into a stream: the archive is made in a temporary file first, since archives are written out of order. */
export async function streamImages(
  engine: StoreHost,
  images: readonly [SavedImage, ...SavedImage[]],
  format: "docker-archive" | "oci-archive" | "oci-dir" | "docker-dir",
  output: Writable,
): Promise<void> {
  const { UnsupportedByDestinationError } = await import("../transport/index.ts");
  if (format === "oci-dir" || format === "docker-dir")
    throw new UnsupportedByDestinationError("standard output", format);
  const folder = makeTemporaryFolder(temporaryDirectoryOf(engine), "wherry-save-");
  try {
    const path = join(folder, "archive.tar");
    await saveImages(engine, images, path, format);
    await pipeline(createReadStream(path), output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
