import { signingAmong, UsageError } from "@wherry/core/cli";
import type { Signing } from "@wherry/core/engine";
import type { Reference } from "@wherry/core/reference";
import type { ImageFormat } from "./builder/write-image.ts";
import { localName } from "./image-name.ts";

/** `--format` and `BUILDAH_FORMAT`. @throws {UsageError} */
export function imageFormat(text: string | undefined): ImageFormat {
  if (text === undefined || text === "" || text === "oci") return "oci";
  if (text === "docker" || text === "v2s2") return "docker";
  throw new UsageError(`unrecognized image type ${JSON.stringify(text)}: choose oci or docker`);
}

/** Where an image goes: a name in the store, or a place of a transport; neither for none. */
export async function splitDestination(
  text: string | undefined,
): Promise<{ name?: Reference; place?: string }> {
  if (text === undefined) return {};
  const { placeNamed } = await import("@wherry/core/transport");
  const place = placeNamed(text);
  if (place?.transport === "containers-storage" && place.podmanRoot === undefined)
    return { name: localName(place.image) };
  return place === undefined ? { name: localName(text) } : { place: text };
}

/**
 * Whose signature the flags ask for. What stays in the store has none.
 *
 * @param places where the image goes; undefined for a name in the store
 * @throws {UsageError}
 */
export function signingAt(
  places: readonly (string | undefined)[],
  flags: Parameters<typeof signingAmong>[0],
): { readonly signing?: Signing } {
  const asked = signingAmong(flags);
  if (asked.signing !== undefined && places.every((place) => place === undefined))
    throw new UsageError(
      "--sign-by signs what is written elsewhere: name a place, such as docker://REGISTRY/NAME, or use push --sign-by",
    );
  return asked;
}
