import {
  createManifest,
  formatPlatform,
  NoMatchingPlatformError,
  normalisePlatform,
  type Descriptor,
  type Digest,
  type Manifest,
  type Platform,
} from "../oci/index.ts";
import { originOf, type ImageSource, type Sparse } from "../transport/index.ts";
import { NoIndexError } from "./errors.ts";
import { selectPlatform } from "./select-platform.ts";

/** Which images of an index are copied. What is no index is copied as it is. */
export type ImageChoice =
  /** The image for one platform, without the index. */
  | { readonly kind: "one"; readonly platform: Platform }
  | { readonly kind: "all" }
  /** The index alone, none of its images. */
  | { readonly kind: "index-only" }
  /** The images for these platforms. The index stays as it is and names the others too, unless they are stripped from it. */
  | { readonly kind: "some"; readonly platforms: readonly Platform[]; readonly strip: boolean };

/** docker's annotation of an attestation in an index: the digest of the image it is about. */
const SUBJECT = "vnd.docker.reference.digest";

/**
 * The same source, narrowed to the images that are wanted.
 *
 * @throws {NoMatchingPlatformError | NoIndexError} from `readManifest`
 */
export function chooseImages(source: ImageSource, choice: ImageChoice): ImageSource {
  if (choice.kind === "all") return source;
  if (choice.kind === "one") return selectPlatform(source, choice.platform);
  let root: Promise<Manifest> | undefined;
  let omitted: ReadonlySet<Digest> = new Set();
  const choose = async (): Promise<Manifest> => {
    const manifest = await source.readManifest();
    if (manifest.kind === "image") {
      if (choice.kind === "index-only") throw new NoIndexError(manifest.descriptor.digest);
      return manifest;
    }
    const { manifests } = manifest.content;
    const kept = choice.kind === "some" ? imagesFor(manifests, choice.platforms) : [];
    if (choice.kind === "some" && choice.strip) {
      if (kept.length === manifests.length) return manifest;
      return createManifest({ ...manifest.content, manifests: kept });
    }
    const staying = new Set(kept.map(({ digest }) => digest));
    omitted = new Set(manifests.map(({ digest }) => digest).filter((digest) => !staying.has(digest)));
    return manifest;
  };
  const chosen: ImageSource & Sparse = {
    get origin() {
      return originOf(source);
    },
    omits: ({ digest }: Descriptor) => omitted.has(digest),
    readManifest: (digest?: Digest) =>
      digest === undefined ? (root ??= choose()) : source.readManifest(digest),
    readBlob: (blob: Descriptor) => source.readBlob(blob),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  } as ImageSource & Sparse;
  return chosen;
}

/** The images for just these platforms, with the attestations about them, in the order of the index. */
function imagesFor(manifests: readonly Descriptor[], platforms: readonly Platform[]): Descriptor[] {
  const wanted = new Set(platforms.map((platform) => formatPlatform(normalisePlatform(platform))));
  const nameOf = ({ platform }: Descriptor): string =>
    platform === undefined ? "" : formatPlatform(normalisePlatform(platform));
  const offered = new Set(manifests.map(nameOf));
  for (const name of wanted) {
    if (!offered.has(name))
      throw new NoMatchingPlatformError(
        name,
        [...offered].filter((other) => other !== "" && !other.startsWith("unknown/")),
      );
  }
  const images = new Set(manifests.filter((manifest) => wanted.has(nameOf(manifest))));
  const digests = new Set<string>([...images].map(({ digest }) => digest));
  return manifests.filter(
    (manifest) => images.has(manifest) || digests.has(manifest.annotations?.[SUBJECT] ?? ""),
  );
}
