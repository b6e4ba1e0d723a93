import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { ImageIdentity, Policy } from "../policy/index.ts";
import type { ImageSource, PlaceOptions, TransportName } from "../transport/index.ts";
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
  await admitSource(engine, place);
  return openSource(place, context, options);
}

/** The one point where the policy is asked. */
async function admitSource(
  { environment, policy }: Pick<ImageHost, "environment" | "policy">,
  place: TransportName,
): Promise<void> {
  if (policy.insecure === true) return;
  const { admitImage, readPolicy } = await import("../policy/index.ts");
  const read = policies.get(policy) ?? readPolicy(environment, policy.file);
  policies.set(policy, read);
  admitImage(read, await identityOf(place));
}

/** What was read for an engine's choice: a sync asks for each of its images. */
const policies = new WeakMap<PolicyChoice, Policy>();

/** How containers-policy.json(5) names what is there. */
async function identityOf(place: TransportName): Promise<ImageIdentity> {
  const { dockerScopes, pathScopes } = await import("../policy/index.ts");
  const { formatTransportName } = await import("../transport/index.ts");
  const { transport } = place;
  const scopes = (): string[] => {
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
      case "containers-storage":
        return [];
    }
  };
  return { image: formatTransportName(place), transport, scopes: scopes() };
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
