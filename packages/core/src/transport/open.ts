import { parseReference, withDefaultTag } from "../reference/index.ts";
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
import { InvalidTransportNameError } from "./errors.ts";
import { folderFiles } from "./image-files.ts";
import type { ImageDestination } from "./image-destination.ts";
import type { ImageSource } from "./image-source.ts";
import { OciDestination } from "./oci/oci-destination.ts";
import { OciSource } from "./oci/oci-source.ts";
import { formatTransportName, type TransportName } from "./transport-name.ts";
import { verifying } from "./verifying-source.ts";

/** Opens a place to read an image from; everything it gives is checked. Nothing is read before it is asked for. */
export function openSource(name: TransportName, context: TransportContext): ImageSource {
  return verifying(openUnchecked(name, context));
}

/** Opens a place to write an image to. */
export function openDestination(name: TransportName, context: TransportContext): ImageDestination {
  switch (name.transport) {
    case "docker":
      return new DockerDestination(name.reference, context);
    case "oci":
      return new OciDestination(name.path, writableName(name));
    case "oci-archive":
      return new OciArchiveDestination(name.path, writableName(name));
    case "docker-archive":
      if (typeof name.image === "number") throw noNumber(name);
      return singleImageArchive(name.path, name.image === undefined ? [] : [name.image]);
    case "dir":
      return new DirDestination(name.path);
    case "containers-storage":
      return new StoreDestination(context.store(), {
        names: [withDefaultTag(parseReference(name.image))],
        ...(context.worker === undefined ? {} : { worker: context.worker }),
      });
  }
}

function openUnchecked(name: TransportName, context: TransportContext): ImageSource {
  switch (name.transport) {
    case "docker":
      return new DockerSource(name.reference, context);
    case "oci":
      return new OciSource(() => Promise.resolve(folderFiles(name.path)), name.image);
    case "oci-archive":
      return new OciSource(() => archiveFiles(name.path, context.temporaryDirectory), name.image);
    case "docker-archive":
      return new DockerArchiveSource(() => archiveFiles(name.path, context.temporaryDirectory), name.image);
    case "dir":
      return new DirSource(name.path);
    case "containers-storage":
      return new StoreSource(context.store(), name.image, context.candidates);
  }
}

function writableName(
  name: TransportName & { readonly transport: "oci" | "oci-archive" },
): string | undefined {
  if (typeof name.image === "number" || name.image?.startsWith("@") === true) throw noNumber(name);
  return name.image;
}

function noNumber(name: TransportName): InvalidTransportNameError {
  return new InvalidTransportNameError(
    formatTransportName(name),
    "an image can be written only under a name",
  );
}
