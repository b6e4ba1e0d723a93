import * as v from "valibot";
import { WherryError } from "../error/index.ts";
import { formatReference, parseReference, type Reference } from "../reference/index.ts";

/** Which names a signature may be for, so that it admits an image (containers-policy.json(5) "signedIdentity"). */
export type SignedIdentity = v.InferOutput<typeof signedIdentitySchema>;

const reference = v.pipe(
  v.string(),
  v.check((text) => isNamed(parsed(text)), "a full image name with tag or digest is expected"),
);
const repository = v.pipe(
  v.string(),
  v.check((text) => {
    const named = parsed(text);
    return named !== undefined && !isNamed(named);
  }, "an image name without tag and digest is expected"),
);
const prefix = v.pipe(
  v.string(),
  v.check((text) => {
    const below = parsed(`${text}/x/y`);
    return below !== undefined && nameOf(below) === `${text}/x/y`;
  }, "a registry, or part of a name in one, is expected"),
);

export const signedIdentitySchema = v.variant("type", [
  v.strictObject({ type: v.literal("matchExact") }),
  v.strictObject({ type: v.literal("matchRepoDigestOrExact") }),
  v.strictObject({ type: v.literal("matchRepository") }),
  v.strictObject({ type: v.literal("exactReference"), dockerReference: reference }),
  v.strictObject({ type: v.literal("exactRepository"), dockerRepository: repository }),
  v.strictObject({ type: v.literal("remapIdentity"), prefix, signedPrefix: prefix }),
]);

/** What holds where a policy does not say. */
export const USUAL_IDENTITY: SignedIdentity = { type: "matchRepoDigestOrExact" };

/**
 * Whether a signature for one name admits an image of another.
 *
 * @param image the image as it was asked for; undefined for one in a folder, which has no name
 * @param signed the name in the signature, which anybody may have written
 */
export function matchesIdentity(rule: SignedIdentity, image: Reference | undefined, signed: string): boolean {
  const claimed = parsed(signed);
  if (claimed === undefined) return false;
  switch (rule.type) {
    case "exactReference":
      return isExactly(parsed(rule.dockerReference), claimed);
    case "exactRepository":
      return isSameRepository(parsed(rule.dockerRepository), claimed);
    case "matchExact":
      return isExactly(image, claimed);
    case "matchRepository":
      return isSameRepository(image, claimed);
    case "matchRepoDigestOrExact":
      return isRepoDigestOrExact(image, claimed);
    case "remapIdentity":
      return isRepoDigestOrExact(image && remapped(image, rule), claimed);
  }
}

/** One asked for by digest is known by that: any signature for its repository will do. */
function isRepoDigestOrExact(image: Reference | undefined, claimed: Reference): boolean {
  if (image?.digest === undefined) return isExactly(image, claimed);
  return isNamed(claimed) && isSameRepository(image, claimed);
}

function isExactly(image: Reference | undefined, claimed: Reference): boolean {
  return isNamed(image) && isNamed(claimed) && formatReference(image) === formatReference(claimed);
}

function isSameRepository(image: Reference | undefined, claimed: Reference): boolean {
  return image !== undefined && nameOf(image) === nameOf(claimed);
}

function remapped(
  image: Reference,
  rule: { readonly prefix: string; readonly signedPrefix: string },
): Reference | undefined {
  const name = nameOf(image);
  if (name !== rule.prefix && !name.startsWith(`${rule.prefix}/`)) return image;
  return parsed(rule.signedPrefix + formatReference(image).slice(rule.prefix.length));
}

/** Whether it says more than a repository. */
function isNamed(image: Reference | undefined): image is Reference {
  return image !== undefined && (image.tag !== undefined || image.digest !== undefined);
}

function nameOf({ registry, repository: path }: Reference): string {
  return `${registry}/${path}`;
}

function parsed(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    if (error instanceof WherryError) return undefined;
    throw error;
  }
}
