import type { CopyEvent, LayerWish, ManifestFormat } from "../image/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { parseReference, withDefaultTag } from "../reference/index.ts";
import type { TransportName } from "../transport/index.ts";
import { openAdmitted } from "./admit-source.ts";
import type { CarriedSignatures, Ends, Signing } from "./carry-signatures.ts";
import { Connection } from "./connection.ts";
import { copyFromStore } from "./copy-stored.ts";
import { getStored } from "./find-stored.ts";
import { recordImageEvent } from "./record-image-event.ts";
import type { RegistryOptions } from "./registries.ts";
import type { StoreHost } from "./store-host.ts";

export interface PushOptions {
  readonly registry?: RegistryOptions;
  readonly format?: ManifestFormat;
  /** How layers are compressed; default as the destination expects it. */
  readonly layers?: LayerWish;
  readonly attempts?: number;
  /** Before the first repetition, in milliseconds; doubled for each further one. */
  readonly pauseMs?: number;
  /** Who signs it. */
  readonly signing?: Signing;
  readonly onEvent?: (event: CopyEvent) => void;
}

/**
 * Writes a stored image somewhere: to the registry its name tells, or to `destination`, a name or `transport:location`.
 * Layers made here are gzipped on their way to a registry. Returns the descriptor of what is there now.
 */
export async function pushImage(
  engine: StoreHost,
  image: string,
  destination: string | undefined,
  options: PushOptions = {},
): Promise<Descriptor> {
  const { openDestination, placeNamed } = await import("../transport/index.ts");
  await using connection = new Connection(engine, options.registry);
  const target = placeNamed(destination ?? image) ?? registryPlace(destination ?? image);
  const from = { transport: "containers-storage", image } as const;
  const choice = { kind: "all" } as const;
  await using source = await openAdmitted(engine, from, connection, { choice });
  await using to = openDestination(target, connection.context);
  const signatures = await signaturesFor(engine, { source, from, destination: to, to: target }, options);
  const { withKnownBlobs } = await import("./known-blobs.ts");
  const written = await withKnownBlobs(engine, { place: target, connection }, (known) =>
    copyFromStore(engine, source, to, connection.context, {
      ...options,
      ...(known && { known }),
      ...(signatures && { signatures }),
    }),
  );
  recordImageEvent(engine, "push", (await getStored(engine, image)).id, destination ?? image);
  return written;
}

/** What signs the image, if it is to be signed: the store keeps no signatures that could go along. */
export async function signaturesFor(
  engine: StoreHost,
  ends: Ends,
  options: PushOptions,
): Promise<CarriedSignatures | undefined> {
  if (options.signing === undefined) return undefined;
  const { carrySignatures } = await import("./carry-signatures.ts");
  return await carrySignatures(engine, ends, { ...options, withoutSignatures: true });
}

function registryPlace(name: string): TransportName {
  return { transport: "docker", reference: withDefaultTag(parseReference(name)) };
}
