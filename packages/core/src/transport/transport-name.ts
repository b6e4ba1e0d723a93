import { isDigest, type Digest } from "../oci/index.ts";
import {
  familiarName,
  formatReference,
  parseReference,
  withDefaultTag,
  type Reference,
} from "../reference/index.ts";
import { InvalidTransportNameError } from "./errors.ts";

/** Where an image is, as `transport:location`. */
export type TransportName =
  | { readonly transport: "docker"; readonly reference: Reference }
  | { readonly transport: "oci" | "oci-archive"; readonly path: string; readonly image?: string | number }
  | { readonly transport: "docker-archive"; readonly path: string; readonly image?: Reference | number }
  | { readonly transport: "dir"; readonly path: string }
  | { readonly transport: "docker-daemon"; readonly image: Reference | Digest }
  | {
      readonly transport: "containers-storage";
      readonly image: string;
      /** Folder of podman's store, if not wherry's own is meant. */
      readonly podmanRoot?: string;
    };

/** The names of all transports, the usual ones first. `wherry` is another name of `containers-storage`. */
const TRANSPORTS = [
  "docker",
  "oci",
  "oci-archive",
  "docker-archive",
  "dir",
  "docker-daemon",
  "containers-storage",
  "wherry",
] as const;

/**
 * Reads a location as skopeo writes them: docker://NAME, oci:PATH[:NAME], oci-archive:FILE[:NAME], docker-archive:FILE[:NAME],
 * dir:PATH, docker-daemon:NAME or docker-daemon:sha256:ID, containers-storage:NAME, and of podman's store
 * containers-storage:[overlay@ROOT+RUNROOT]NAME or …@ID. Of oci and the archives, `:@N` means the image number N, counted from
 * 0; an archive called `-` is standard input or output.
 *
 * @throws {InvalidTransportNameError | InvalidReferenceError}
 */
export function parseTransportName(text: string): TransportName {
  const colon = text.indexOf(":");
  if (colon < 0) throw new InvalidTransportNameError(text, "expected colon-separated transport:reference");
  const transport = text.slice(0, colon);
  const location = text.slice(colon + 1);
  switch (transport) {
    case "docker":
      return { transport, reference: withDefaultTag(parseDocker(text, location)) };
    case "oci":
    case "oci-archive": {
      const { path, image } = splitPath(text, location);
      return {
        transport,
        path,
        ...(image === undefined ? {} : { image: parseNumber(text, image) ?? image }),
      };
    }
    case "docker-archive": {
      const { path, image } = splitPath(text, location);
      if (image === undefined) return { transport, path };
      return { transport, path, image: parseNumber(text, image) ?? withDefaultTag(parseReference(image)) };
    }
    case "dir":
      if (location === "") throw new InvalidTransportNameError(text, "the path is missing");
      return { transport, path: location };
    case "docker-daemon":
      if (isDigest(location)) return { transport, image: location };
      if (location === "") throw new InvalidTransportNameError(text, "the image is missing");
      return { transport, image: withDefaultTag(parseReference(location)) };
    case "containers-storage":
    case "wherry":
      return { transport: "containers-storage", ...parseStored(text, location) };
    default:
      throw new InvalidTransportNameError(
        text,
        `unknown transport ${JSON.stringify(transport)}, not one of ${TRANSPORTS.join(", ")}`,
      );
  }
}

/**
 * The place that a text names by a transport, where it does: an image's name may have a colon too, and `docker:24` is one.
 *
 * @throws {InvalidTransportNameError | InvalidReferenceError} for a transport with a location that is none
 */
export function placeNamed(text: string): TransportName | undefined {
  const transport = text.slice(0, Math.max(0, text.indexOf(":")));
  if (transport === "docker" && !text.startsWith("docker://")) return undefined;
  return TRANSPORTS.some((known) => known === transport) ? parseTransportName(text) : undefined;
}

/** The text that `parseTransportName` reads back. */
export function formatTransportName(name: TransportName): string {
  switch (name.transport) {
    case "docker":
      return `docker://${formatReference(name.reference)}`;
    case "dir":
      return `dir:${name.path}`;
    case "docker-daemon":
      return `docker-daemon:${typeof name.image === "string" ? name.image : familiarName(name.image)}`;
    case "containers-storage":
      return `containers-storage:${name.podmanRoot === undefined ? "" : `[overlay@${name.podmanRoot}]`}${name.image}`;
    default: {
      const { transport, path, image } = name;
      if (image === undefined) return `${transport}:${path}`;
      if (typeof image === "number") return `${transport}:${path}:@${image}`;
      return `${transport}:${path}:${typeof image === "string" ? image : familiarName(image)}`;
    }
  }
}

function parseDocker(text: string, location: string): Reference {
  if (!location.startsWith("//"))
    throw new InvalidTransportNameError(text, "docker image reference must begin with //");
  return parseReference(location.slice(2));
}

/** The path ends at the first colon: names have colons, and paths of images seldom. */
function splitPath(text: string, location: string): { path: string; image: string | undefined } {
  const colon = location.indexOf(":");
  const path = colon < 0 ? location : location.slice(0, colon);
  const image = colon < 0 ? undefined : location.slice(colon + 1);
  if (path === "") throw new InvalidTransportNameError(text, "the path is missing");
  return { path, image: image === "" ? undefined : image };
}

function parseNumber(text: string, image: string): number | undefined {
  if (!image.startsWith("@")) return undefined;
  const number = Number(image.slice(1));
  if (/^@\d+$/.test(image) && Number.isSafeInteger(number)) return number;
  if (/^@sha(?:256|512):/.test(image)) return undefined;
  throw new InvalidTransportNameError(text, `${image} is neither @NUMBER nor @DIGEST`);
}

function parseStored(text: string, location: string): { image: string; podmanRoot?: string } {
  const [, driver, root, image = location] =
    /^\[(?:(\w+)@)?([^+:\]]*)(?:\+[^:\]]*)?(?::[^\]]*)?\](.*)$/s.exec(location) ?? [];
  if (image === "") throw new InvalidTransportNameError(text, "the image is missing");
  if (root === undefined) {
    if (!location.startsWith("[")) return { image };
    throw new InvalidTransportNameError(text, "expected [DRIVER@ROOT+RUNROOT]NAME");
  }
  if (!root.startsWith("/"))
    throw new InvalidTransportNameError(text, "the store's root is no absolute path");
  if (driver !== undefined && driver !== "overlay")
    throw new InvalidTransportNameError(text, `stores of the driver ${driver} cannot be read, only overlay`);
  return { image, podmanRoot: root };
}
