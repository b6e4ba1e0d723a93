import { ImageRejectedError, UnverifiableImageError } from "./errors.ts";
import type { Policy, Requirement, SignedBy } from "./policy-file.ts";

/** An image as policies speak of it. */
export interface ImageIdentity {
  /** As the user would write it, for messages. */
  readonly image: string;
  readonly transport: string;
  /** The scopes it is in, the most specific first, without "". */
  readonly scopes: readonly string[];
}

/** What a policy asks of an image beyond its name. */
export interface SignatureDemands {
  /** All of them have to be met. */
  readonly signedBy: readonly SignedBy[];
  /** The file, and the part of it that says so. */
  readonly where: string;
}

/**
 * Lets an image pass that the policy allows by its name: by the most specific scope it is in, else by its transport's own
 * requirements, else by the default. Gives the signatures that its manifests must have besides.
 *
 * @throws {ImageRejectedError | UnverifiableImageError}
 */
export function admitImage(policy: Policy, identity: ImageIdentity): SignatureDemands {
  const { requirements, where } = requirementsFor(policy, identity);
  const signedBy: SignedBy[] = [];
  for (const requirement of requirements) {
    const { type } = requirement;
    if (type === "insecureAcceptAnything") continue;
    if (type === "reject") throw new ImageRejectedError(identity.image, where);
    if (type !== "signedBy") throw new UnverifiableImageError(identity.image, type, where);
    if (requirement.keyType !== "GPGKeys")
      throw new UnverifiableImageError(identity.image, `${type} with ${requirement.keyType}`, where);
    signedBy.push(requirement);
  }
  return { signedBy, where };
}

function requirementsFor(
  { path, default: usual, transports }: Policy,
  { transport, scopes }: ImageIdentity,
): { readonly requirements: readonly Requirement[]; readonly where: string } {
  const file = path ?? "the built-in policy";
  const ofTransport = transports[transport] ?? {};
  for (const scope of [...scopes, ""]) {
    const requirements = Object.hasOwn(ofTransport, scope) ? ofTransport[scope] : undefined;
    if (requirements === undefined) continue;
    return {
      requirements,
      where: `${file}, ${transport} ${scope === "" ? "as a whole" : JSON.stringify(scope)}`,
    };
  }
  return { requirements: usual, where: `${file}, default` };
}

/** The scopes of a name in a registry: itself, its repository, each part above it, the host, then `*.` of the domains above. */
export function dockerScopes({
  registry,
  repository,
  tag,
  digest,
}: {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}): string[] {
  const name = `${registry}/${repository}`;
  const full = digest !== undefined ? `${name}@${digest}` : `${name}:${tag ?? "latest"}`;
  const labels = registry.replace(/:\d+$/, "").split(".");
  const wildcards = labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join(".")}`);
  return [full, ...partsAbove(name), ...wildcards];
}

/** An image in a store of containers/storage, or in wherry's own. */
export interface StoredIdentity {
  /** The store's folder. */
  readonly root: string;
  /** The full name it is meant by, if it is. */
  readonly name?: {
    readonly registry: string;
    readonly repository: string;
    readonly tag?: string;
    readonly digest?: string;
  };
  /** The image ID, where the name has it, in hexadecimal digits. */
  readonly id?: string;
}

/** The scopes of an image in a store: the store in brackets, with and without its driver, and the name and the parts above it. */
export function storageScopes({ root, name, id }: StoredIdentity): string[] {
  const scopes: string[] = [];
  if (name !== undefined) {
    const { registry, repository, tag, digest } = name;
    const plain = `${registry}/${repository}`;
    const isBoth = tag !== undefined && digest !== undefined;
    const full = `${plain}${digest === undefined || isBoth ? `:${tag ?? "latest"}` : ""}${digest === undefined ? "" : `@${digest}`}`;
    if (id !== undefined) scopes.push(`${full}@${id}`);
    scopes.push(full, ...(isBoth ? [`${plain}:${tag}`] : []), ...partsAbove(plain));
  } else if (id !== undefined) {
    scopes.push(`@${id}`);
  }
  return [...scopes, ""].map((scope) => `[overlay@${root}]${scope}`).concat(`[${root}]`);
}

/** A name, and each part above it: r.io/team/app, r.io/team, r.io. */
function partsAbove(name: string): string[] {
  const parts = name.split("/");
  return parts.map((_, index) => parts.slice(0, parts.length - index).join("/"));
}

/** The scopes of an absolute path: with the name in it, itself, each folder above it but the root. */
export function pathScopes(path: string, image?: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  const folders = parts.map((_, index) => `/${parts.slice(0, parts.length - index).join("/")}`);
  return [...(image === undefined ? [] : [`${path}:${image}`]), ...folders];
}
