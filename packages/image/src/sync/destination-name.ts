import { posix } from "node:path";
import { parseReference, withDefaultTag } from "@wherry/core/reference";
import type { TransportName } from "@wherry/core/transport";

/** Where a sync writes. */
export interface SyncTarget {
  readonly transport: "docker" | "dir" | "oci" | "oci-archive";
  /** Registry with or without path, or folder, or file. */
  readonly location: string;
  /** Keep the whole name of the source, not only its last part. */
  readonly scoped: boolean;
  /** Appended to tags. */
  readonly appendSuffix: string;
}

/**
 * Where an image goes, as skopeo has it: the last part of its name, or all of it, behind the destination.
 *
 * @param name the image's name at the source: of a registry `host/path/name:tag`, of a folder its path below the source
 * @param rename the whole name behind the destination, instead of what follows from the name
 * @throws {InvalidReferenceError} when it cannot be a name there
 */
export function destinationOf(
  name: string,
  { transport, location, scoped, appendSuffix }: SyncTarget,
  rename?: string,
): TransportName {
  const short = scoped ? name : posix.basename(name);
  const kept = rename === undefined ? short : rename + (/(?:@|:(?=[^/]*$)).*$/.exec(name)?.[0] ?? "");
  const suffixed = kept.includes("@") ? kept : kept + appendSuffix;
  switch (transport) {
    case "docker":
      return { transport, reference: withDefaultTag(parseReference(posix.join(location, suffixed))) };
    case "oci":
    case "oci-archive":
      return { transport, path: location, image: suffixed };
    case "dir":
      parseReference(suffixed); // names come from elsewhere, and must not lead out of the folder
      return { transport, path: posix.join(location, suffixed) };
  }
}
