import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { ImageIdentity, Policy } from "../policy/index.ts";
import type { ImageSource, PlaceOptions, TransportContext, TransportName } from "../transport/index.ts";
import type { Connection, ImageHost } from "./connection.ts";

/** Which policy holds. */
export interface PolicyChoice {
  /** Instead of the files that containers-policy.json(5) names. */
  readonly file?: string;
  /** Allow all, whatever those files say. */
  readonly insecure?: boolean;
}

/**
 * Opens a place that an image is to be taken from, if the policy allows the image by the name the user typed. All that
 * copies, pulls, pushes, loads or unpacks an image opens its source here, before anything is asked of the place.
 *
 * @throws {ImageRejectedError | UnverifiableImageError | InvalidConfigurationError}
 */
export async function openAdmitted(
  engine: Pick<ImageHost, "environment" | "policy">,
  place: TransportName,
  { context }: Pick<Connection, "context">,
  options: PlaceOptions = {},
): Promise<ImageSource> {
  const { openSource } = await import("../transport/index.ts");
  await admitSource(engine, place, context);
  return openSource(place, context, options);
}

/** The one point where the policy is asked. */
async function admitSource(
  { environment, policy }: Pick<ImageHost, "environment" | "policy">,
  place: TransportName,
  context: TransportContext,
): Promise<void> {
  if (policy.insecure === true) return;
  const { admitImage, readPolicy } = await import("../policy/index.ts");
  const read = policies.get(policy) ?? readPolicy(environment, policy.file);
  policies.set(policy, read);
  const isAsked = Object.hasOwn(read.transports, place.transport);
  admitImage(read, await identityOf(place, isAsked ? context : undefined));
}

/** What was read for an engine's choice: a sync asks for each of its images. */
const policies = new WeakMap<PolicyChoice, Policy>();

/**
 * How containers-policy.json(5) names what is there.
 *
 * @param context absent where the policy says nothing of the transport: then nobody asks for scopes
 */
async function identityOf(place: TransportName, context?: TransportContext): Promise<ImageIdentity> {
  const { dockerScopes, pathScopes } = await import("../policy/index.ts");
  const { formatTransportName } = await import("../transport/index.ts");
  const { transport } = place;
  const scopes = (): string[] | Promise<string[]> => {
    switch (place.transport) {
      case "docker":
        return dockerScopes(place.reference);
      case "oci":
      case "oci-archive":
        return pathScopes(realPath(place.path), typeof place.image === "string" ? place.image : undefined);
      case "dir":
        return pathScopes(realPath(place.path));
      case "docker-daemon":
        return typeof place.image === "string" ? [place.image] : dockerScopes(place.image);
      case "docker-archive":
        return [];
      case "containers-storage":
        return context === undefined ? [] : scopesInStore(place, context);
    }
  };
  return { image: formatTransportName(place), transport, scopes: await scopes() };
}

/** An image of wherry's store is in the scopes of the name that was found by what was typed, else in those of its ID. */
async function scopesInStore(
  { image, podmanRoot }: TransportName & { readonly transport: "containers-storage" },
  { store, candidates }: TransportContext,
): Promise<string[]> {
  const { storageScopes } = await import("../policy/index.ts");
  if (podmanRoot !== undefined) {
    const { podmanName } = await import("../transport/index.ts");
    const { name, id } = podmanName(image, podmanRoot);
    const { parseReference } = await import("../reference/index.ts");
    return storageScopes({
      root: realPath(podmanRoot),
      ...(name === undefined ? {} : { name: parseReference(name) }),
      ...(id === undefined ? {} : { id }),
    });
  }
  const { images, paths } = store();
  const { image: found, name } = images.resolve(image, await candidates?.(image));
  const { parseReference } = await import("../reference/index.ts");
  const { encodedOf } = await import("../oci/index.ts");
  return storageScopes({
    root: realPath(paths.root),
    ...(name === undefined ? { id: encodedOf(found.id) } : { name: parseReference(name) }),
  });
}

/** The path without links in it, as far as it exists. */
function realPath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    return absolute === "/" ? absolute : join(realPath(dirname(absolute)), basename(absolute));
  }
}
