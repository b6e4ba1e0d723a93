import { endpointsFor, type Endpoints } from "../config/index.ts";
import { WherryError } from "../error/index.ts";
import { within, type Budget } from "../image/index.ts";
import type { Descriptor, Digest } from "../oci/index.ts";
import { formatReference } from "../reference/index.ts";
import { RateLimitedError } from "../registry/index.ts";
import {
  BlockedRegistryError,
  openSource,
  type ImageSource,
  type PlaceOptions,
  type RegistryOrigin,
  type TransportName,
} from "../transport/index.ts";
import type { Connection } from "./connection.ts";
import { isWholeFolder } from "./whole-folder.ts";

/** One side of an image being synchronised. */
export interface SyncSide {
  readonly place: TransportName;
  readonly connection: Connection;
  /** Where the place is in its registry; undefined for one that is in none. */
  readonly endpoints: Endpoints | undefined;
  /** What requests count against: none where there is no registry. */
  readonly budgets: readonly Budget[];
}

/** @param budgetFor the budget of a registry by its `host[:port]` */
export async function openSide(
  place: TransportName,
  connection: Connection,
  role: "source" | "destination",
  budgetFor?: (location: string) => Budget,
): Promise<SyncSide> {
  if (place.transport !== "docker") return { place, connection, endpoints: undefined, budgets: [] };
  const endpoints = endpointsFor((await connection.registries()).conf, place.reference);
  if (endpoints.blocked)
    throw new BlockedRegistryError(place.reference.registry, formatReference(place.reference));
  const { location } = (role === "source" ? endpoints.pull[0] : undefined) ?? endpoints.primary;
  return { place, connection, endpoints, budgets: budgetFor === undefined ? [] : [budgetFor(location)] };
}

/** What a source's name stands for: from a registry by a HEAD, which none of them counts as a pull. */
export async function rootOf(
  { place, connection, endpoints, budgets }: SyncSide,
  source: ImageSource,
): Promise<Descriptor> {
  const endpoint = endpoints?.pull[0];
  if (place.transport === "docker" && endpoint?.isMirror === false) {
    const { digest, tag = "latest" } = place.reference;
    const client = (await connection.registries()).clientFor(endpoint);
    const found = await within(budgets, () => client.headManifest(endpoint.repository, digest ?? tag));
    if (found !== undefined) return found;
  }
  // the source itself knows its mirrors, and tells best what is missing
  return (await source.readManifest()).descriptor;
}

/** Ends the copy of an image that its registry would not give, before a pull is asked for in vain. @throws {RateLimitedError} */
export async function checkPullsLeft({ connection, endpoints }: SyncSide): Promise<void> {
  const [endpoint] = endpoints?.pull ?? [];
  if (endpoint === undefined) return;
  const client = (await connection.registries()).clientFor(endpoint);
  const { remaining, windowSeconds } = client.pulls ?? {};
  if (remaining === 0)
    throw new RateLimitedError(client.host, undefined, "it says that no pull is left", windowSeconds);
}

/** The image that is at a destination now; undefined when there is none that can be read. */
export async function digestAt(
  { place, connection, endpoints, budgets }: SyncSide,
  options: PlaceOptions = {},
): Promise<Digest | undefined> {
  if (place.transport === "docker" && endpoints !== undefined) {
    const { primary } = endpoints;
    const { digest, tag = "latest" } = place.reference;
    const client = (await connection.registries()).clientFor(primary);
    return (await within(budgets, () => client.headManifest(primary.repository, digest ?? tag)))?.digest;
  }
  try {
    await using source = openSource(place, connection.context, options);
    const { digest } = (await source.readManifest()).descriptor;
    return place.transport === "dir" && !(await isWholeFolder(place.path, source)) ? undefined : digest;
  } catch (error) {
    if (error instanceof WherryError) return undefined;
    throw error;
  }
}

/** Where the blobs of a destination are shared: a repository, or all of a layout. */
export function blobPlaceOf(
  { place, endpoints }: SyncSide,
  { sharedBlobs }: PlaceOptions = {},
): RegistryOrigin {
  if (sharedBlobs !== undefined) return { registry: place.transport, repository: sharedBlobs };
  if (endpoints !== undefined)
    return { registry: endpoints.primary.location, repository: endpoints.primary.repository };
  return { registry: place.transport, repository: "path" in place ? place.path : "" };
}
