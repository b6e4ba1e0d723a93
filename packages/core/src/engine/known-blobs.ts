import { endpointsFor } from "../config/index.ts";
import { BlobLocations, type KnownBlobs } from "../image/index.ts";
import type { TransportName } from "../transport/index.ts";
import type { Connection, ImageHost } from "./connection.ts";

/** Where runs keep what they have seen of registries. */
export function blobLocations({ locations }: Pick<ImageHost, "locations">): BlobLocations {
  return new BlobLocations(`${locations.cacheDir}/blob-locations.sqlite`);
}

/** Copies to a place with what earlier runs know of its registry, and keeps what this one learns, also of a part of a copy. */
export async function withKnownBlobs<T>(
  engine: Pick<ImageHost, "locations">,
  { place, connection }: { readonly place: TransportName; readonly connection: Connection },
  copy: (known: KnownBlobs | undefined) => Promise<T>,
): Promise<T> {
  if (place.transport !== "docker") return copy(undefined);
  const { location, repository } = endpointsFor(
    (await connection.registries()).conf,
    place.reference,
  ).primary;
  using locations = blobLocations(engine);
  return await copy(locations.from({ registry: location, repository }));
}
