import { formatReference, parseReference, withDefaultTag, type Reference } from "../reference/index.ts";
import { archiveFiles } from "./archive/archive-files.ts";
import { OciArchiveDestination } from "./archive/oci-archive-destination.ts";
import { StoreDestination } from "./containers-storage/store-destination.ts";
import { StoreSource } from "./containers-storage/store-source.ts";
import type { TransportContext } from "./context.ts";
import { DirDestination } from "./dir/dir-destination.ts";
import { DirSource } from "./dir/dir-source.ts";
import { DockerArchiveSource } from "./docker-archive/docker-archive-source.ts";
import { singleImageArchive } from "./docker-archive/docker-archive-writer.ts";
import { DockerDestination } from "./docker/docker-destination.ts";
import { DockerSource } from "./docker/docker-source.ts";
import { DockerDaemonDestination } from "./docker-daemon/docker-daemon-destination.ts";
import { dockerDaemonSource } from "./docker-daemon/docker-daemon-source.ts";
import { InvalidTransportNameError, MoreNamesError, UnsupportedByDestinationError } from "./errors.ts";
import { layoutFiles } from "./image-files.ts";
import type { ImageDestination } from "./image-destination.ts";
import type { ImageSource } from "./image-source.ts";
import { OciDestination } from "./oci/oci-destination.ts";
import { OciSource } from "./oci/oci-source.ts";
import { PodmanStoreSource, type PodmanStoreName } from "./podman-store/podman-store-source.ts";
import { formatTransportName, type TransportName } from "./transport-name.ts";
import { verifying } from "./verifying-source.ts";

/** What is to be known of a place besides its name. */
export interface PlaceOptions {
  /** Folder that OCI layouts share for their blobs, instead of having them each. */
  readonly sharedBlobs?: string;
  /** More names for the image: tags of the repository or layout, or image names in an archive of docker. */
  readonly moreNames?: readonly string[];
  /** Of a registry, to be read: fetch layers that it does not have from where their descriptions say they are. */
  readonly foreignLayers?: boolean;
}

/** Opens a place to read an image from; everything it gives is checked. Nothing is read before it is asked for. */
export function openSource(
  name: TransportName,
  context: TransportContext,
  options: PlaceOptions = {},
): ImageSource {
  return verifying(openUnchecked(name, context, options));
}

/** Opens a place to write an image to. @throws {MoreNamesError} */
export function openDestination(
  name: TransportName,
  context: TransportContext,
  { sharedBlobs, moreNames = [] }: PlaceOptions = {},
): ImageDestination {
  const hasNames = ["docker", "oci", "docker-archive", "docker-daemon"].includes(name.transport);
  if (moreNames.length > 0 && !hasNames) throw new MoreNamesError(formatTransportName(name));
  switch (name.transport) {
    case "docker":
      return new DockerDestination(name.reference, context, tagsIn(name.reference, moreNames));
    case "oci":
      return new OciDestination(name.path, writableName(name), { sharedBlobs, moreNames });
    case "oci-archive":
      return new OciArchiveDestination(name.path, writableName(name));
    case "docker-archive":
      if (typeof name.image === "number") throw noNumber(name);
      return singleImageArchive(name.path, [
        ...(name.image === undefined ? [] : [name.image]),
        ...moreNames.map((text) => withDefaultTag(parseReference(text))),
      ]);
    case "dir":
      return new DirDestination(name.path);
    case "docker-daemon": {
      const { image } = name;
      if (typeof image === "string" || image.digest !== undefined) throw noNumber(name);
      const names = [image, ...moreNames.map((text) => withDefaultTag(parseReference(text)))];
      return new DockerDaemonDestination(names, { env: context.env ?? {} }, context.temporaryDirectory);
    }
    case "containers-storage":
      if (name.podmanRoot !== undefined)
        throw new UnsupportedByDestinationError("podman's store", "what is not put there by podman");
      return new StoreDestination(context.store(), {
        names: [withDefaultTag(parseReference(name.image))],
        ...(context.worker === undefined ? {} : { worker: context.worker }),
      });
  }
}

function openUnchecked(
  name: TransportName,
  context: TransportContext,
  { sharedBlobs, foreignLayers }: PlaceOptions,
): ImageSource {
  switch (name.transport) {
    case "docker":
      return new DockerSource(name.reference, context, foreignLayers);
    case "oci":
      return new OciSource(() => Promise.resolve(layoutFiles(name.path, sharedBlobs)), name.image);
    case "oci-archive":
      return new OciSource(() => archiveFiles(name.path, context.temporaryDirectory), name.image);
    case "docker-archive":
      return new DockerArchiveSource(() => archiveFiles(name.path, context.temporaryDirectory), name.image);
    case "dir":
      return new DirSource(name.path);
    case "docker-daemon":
      return dockerDaemonSource(name.image, { env: context.env ?? {} }, context.temporaryDirectory);
    case "containers-storage":
      if (name.podmanRoot !== undefined)
        return new PodmanStoreSource(podmanName(name.image, name.podmanRoot));
      return new StoreSource(context.store(), name.image, context.candidates);
  }
}

function writableName(
  name: TransportName & { readonly transport: "oci" | "oci-archive" },
): string | undefined {
  if (typeof name.image === "number" || name.image?.startsWith("@") === true) throw noNumber(name);
  return name.image;
}

/** Tags of the repository, typed alone or behind its name. @throws {MoreNamesError | InvalidReferenceError} */
function tagsIn(place: Reference, names: readonly string[]): string[] {
  const repository = formatReference({ registry: place.registry, repository: place.repository });
  return names.map((text) => {
    const isTag = !/[/:@]/.test(text);
    const named = parseReference(isTag ? `${repository}:${text}` : text);
    const isThere = named.registry === place.registry && named.repository === place.repository;
    if (!isThere || named.digest !== undefined || named.tag === undefined)
      throw new MoreNamesError(repository, text);
    return named.tag;
  });
}

function noNumber(name: TransportName): InvalidTransportNameError {
  return new InvalidTransportNameError(
    formatTransportName(name),
    "an image can be written only under a name",
  );
}

/** `NAME`, `@ID` or `NAME@ID`, as containers-storage: has them. */
export function podmanName(image: string, root: string): PodmanStoreName {
  const [, name = "", id] = /^(.*?)(?:@(?:sha256:)?([0-9a-f]{3,64}))?$/s.exec(image) ?? [];
  return {
    root,
    ...(name === "" ? {} : { name: formatReference(withDefaultTag(parseReference(name))) }),
    ...(id === undefined ? {} : { id }),
  };
}
