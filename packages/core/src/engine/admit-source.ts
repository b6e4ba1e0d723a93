import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { ImageChoice } from "../image/index.ts";
import type { ImageIdentity, Policy, SignatureDemands } from "../policy/index.ts";
import type { ImageSource, PlaceOptions, TransportContext, TransportName } from "../transport/index.ts";
import type { Connection, ImageHost } from "./connection.ts";

/** Which policy holds. */
export interface PolicyChoice {
  /** Instead of the files that containers-policy.json(5) names. */
  readonly file?: string;
  /** Allow all, whatever those files say. */
  readonly insecure?: boolean;
  /** Allow nothing of which the policy asks no signature. */
  readonly requiresSignatures?: boolean;
}

/** What is to be taken from a place. */
export interface Admission extends PlaceOptions {
  /** The images of an index that are wanted: their manifests have to be signed, where the policy asks for signatures. */
  readonly choice: ImageChoice;
  /** Wraps the source before images are chosen of it. */
  readonly watch?: (opened: ImageSource) => ImageSource;
}

type AdmittingHost = Pick<ImageHost, "environment" | "policy" | "signal">;

/**
 * Opens a place that an image is to be taken from, if the policy allows the image by the name the user typed. All that
 * copies, pulls, pushes, loads or unpacks an image opens its source here, before anything is asked of the place. Where the
 * policy wants signatures, the source is narrowed to what is chosen, and gives no manifest that is not rightly signed.
 *
 * @throws {ImageRejectedError | UnverifiableImageError | SignatureUndemandedError | InvalidConfigurationError}
 */
export async function openAdmitted(
  engine: AdmittingHost,
  place: TransportName,
  { context }: Pick<Connection, "context">,
  { choice, watch = (opened) => opened, ...options }: Admission,
): Promise<ImageSource> {
  const { openSource } = await import("../transport/index.ts");
  const demands = await askPolicy(engine, place, context);
  const opened = watch(openSource(place, context, options));
  if (demands === undefined || demands.signedBy.length === 0) return opened;
  const { demandSignatures } = await import("./demand-signatures.ts");
  const { temporaryDirectory } = context;
  const host = { env: engine.environment.env, temporaryDirectory, signal: engine.signal };
  return demandSignatures(opened, place, demands, { choice, host });
}

/** The one point where the policy is asked. Undefined where none holds. */
async function askPolicy(
  { environment, policy }: AdmittingHost,
  place: TransportName,
  context: TransportContext,
): Promise<SignatureDemands | undefined> {
  if (policy.insecure === true) return undefined;
  const { admitImage, readPolicy, SignatureUndemandedError } = await import("../policy/index.ts");
  const read = policies.get(policy) ?? readPolicy(environment, policy.file);
  policies.set(policy, read);
  const isAsked = Object.hasOwn(read.transports, place.transport);
  const identity = await identityOf(place, isAsked ? context : undefined);
  const demands = admitImage(read, identity);
  if (policy.requiresSignatures === true && demands.signedBy.length === 0)
    throw new SignatureUndemandedError(identity.image, demands.where);
  return demands;
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
