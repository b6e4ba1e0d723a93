import type { Readable } from "node:stream";
import { formatReference } from "../reference/index.ts";
import { Connection } from "./connection.ts";
import { copyIntoStore } from "./copy-stored.ts";
import { recordImageEvent } from "./record-image-event.ts";
import type { StoreHost } from "./store-host.ts";

/**
 * Brings all images of an archive, layout or folder into the store, under the names they have there.
 *
 * @param input the path of a file or folder, or a stream that is one
 * @returns what `load` prints of each: its name, or its ID where it has none
 */
export async function loadImages(engine: StoreHost, input: string | Readable): Promise<string[]> {
  const { listImages, spoolArchive } = await import("../transport/index.ts");
  await using connection = new Connection(engine, {}, () => engine.worker());
  const { context } = connection;
  using spooled =
    typeof input === "string" ? undefined : await spoolArchive(input, context.temporaryDirectory);
  const path = typeof input === "string" ? input : (spooled?.path ?? "");
  const loaded: string[] = [];
  for (const { source, names } of await listImages(path, context.temporaryDirectory)) {
    const image = await copyIntoStore(engine, source, names, context);
    recordImageEvent(engine, "loadfromarchive", image.id, typeof input === "string" ? input : "-");
    loaded.push(...(names.length === 0 ? [image.id] : names.map(formatReference)));
  }
  return loaded;
}
