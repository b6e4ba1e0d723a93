import type { ImageSource, TransportName } from "../transport/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { Connection, type ImageHost } from "./connection.ts";
import { copyOptions } from "./copy-options.ts";
import { signaturesFor, type PushOptions } from "./push-image.ts";
import type { StoreHost } from "./store-host.ts";

/** Opens a place to read what is there, image or not; everything it gives is checked against its digest. */
export async function openPlace(
  engine: ImageHost,
  place: TransportName,
  { registry }: Pick<PushOptions, "registry"> = {},
): Promise<ImageSource> {
  const { openSource } = await import("../transport/index.ts");
  const connection = new Connection(engine, registry);
  const source = openSource(place, connection.context);
  return {
    readManifest: (digest) => source.readManifest(digest),
    readBlob: (blob) => source.readBlob(blob),
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
    },
  };
}

/** Writes what a source gives to a place, layers compressed where the place expects it. */
export async function writePlace(
  engine: StoreHost,
  source: ImageSource,
  place: TransportName,
  options: PushOptions & { readonly all?: boolean } = {},
): Promise<Descriptor> {
  const { registry, format, layers, all = true } = options;
  const { openDestination } = await import("../transport/index.ts");
  const { adaptSource, copyImage } = await import("../image/index.ts");
  await using connection = new Connection(engine, registry);
  const { context } = connection;
  await using to = openDestination(place, context);
  await using adapted = adaptSource(source, to, {
    choice: { kind: all ? "all" : "index-only" },
    temporaryDirectory: context.temporaryDirectory,
    forms: engine.store.layers,
    ...(format === undefined ? {} : { format }),
    ...(layers === undefined ? {} : { layers }),
  });
  const ends = { source, from: place, destination: to, to: place };
  const signatures = await signaturesFor(engine, ends, options);
  const { withKnownBlobs } = await import("./known-blobs.ts");
  return await withKnownBlobs(engine, { place, connection }, (known) =>
    copyImage(adapted, to, copyOptions(engine, options, known, signatures)),
  );
}
