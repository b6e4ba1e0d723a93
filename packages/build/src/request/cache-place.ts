import { UsageError } from "@wherry/core/cli";
import { parseReference, type Reference } from "@wherry/core/reference";
import {
  formatTransportName,
  parseTransportName,
  placeNamed,
  type TransportName,
} from "@wherry/core/transport";
import { readFields } from "../build-inputs.ts";

/** A place for a cache, as `--cache-from` and `--cache-to` name it. */
export interface CachePlace {
  readonly place: TransportName;
  /** For messages. */
  readonly name: string;
  /** Which steps are written: those whose layers the image has, or all. */
  readonly mode: "min" | "max";
  /** Whether a build goes on when it cannot be written. */
  readonly ignoresErrors: boolean;
}

type Flag = "--cache-from" | "--cache-to";

/** How BuildKit says that a cache is one OCI manifest, which ours is in any case. */
const FORMS = ["image-manifest", "oci-mediatypes"];

const FIELDS: Readonly<Record<Flag, readonly string[]>> = {
  "--cache-from": ["type", "ref", "src", "tag"],
  "--cache-to": ["type", "ref", "dest", "tag", "mode", "ignore-error", ...FORMS],
};

/** The tag that a cache has in a repository of which only the name is given, beside the tags of images. */
const TAG = "build-cache";

const KINDS: Readonly<Record<string, string>> = {
  inline:
    "an image does not hold the results of its steps: write them beside it, as type=registry,ref=REPOSITORY:TAG",
  gha: "wherry does not speak with GitHub's cache: use type=local,dest=FOLDER and the cache action",
  s3: "wherry does not speak with S3: use type=local or type=registry",
  azblob: "wherry does not speak with Azure: use type=local or type=registry",
};

/**
 * Reads buildah's spelling, a repository, and BuildKit's, `type=registry,ref=NAME` and `type=local,src=FOLDER` or `dest=FOLDER`;
 * a `transport:location` is taken too.
 *
 * @throws {UsageError}
 */
export function parseCachePlace(text: string, flag: Flag): CachePlace {
  if (!/^[a-z-]+=/.test(text)) return plainPlace(text, flag);
  const fields = readFields(text, flag.slice(2), FIELDS[flag]);
  const type = fields.get("type") ?? "registry";
  const refusal = KINDS[type];
  if (refusal !== undefined) throw new UsageError(`${flag} type=${type}: ${refusal}`);
  const mode = fields.get("mode") ?? "min";
  if (mode !== "min" && mode !== "max")
    throw new UsageError(`${flag}: mode is min or max, not ${JSON.stringify(mode)}`);
  const form = FORMS.find((name) => (fields.get(name) ?? "true") !== "true");
  if (form !== undefined) throw new UsageError(`${flag}: a cache is one OCI manifest: ${form} is true`);
  const ignoresErrors = fields.get("ignore-error") !== "false";
  const place = placeOf(type, fields, flag);
  return { place, name: formatTransportName(place), mode, ignoresErrors };
}

function plainPlace(text: string, flag: Flag): CachePlace {
  const place = placeNamed(text) ?? { transport: "docker", reference: withCacheTag(parseReference(text)) };
  return { place: checked(place, flag), name: formatTransportName(place), mode: "max", ignoresErrors: true };
}

function placeOf(type: string, fields: ReadonlyMap<string, string>, flag: Flag): TransportName {
  if (type === "registry") {
    const ref = required(fields, "ref", flag);
    return { transport: "docker", reference: withCacheTag(parseReference(ref)) };
  }
  if (type === "local") {
    const path = required(fields, flag === "--cache-to" ? "dest" : "src", flag);
    return { transport: "oci", path, image: fields.get("tag") ?? "latest" };
  }
  throw new UsageError(`${flag}: type is registry or local, not ${JSON.stringify(type)}`);
}

/** A place of a cache as `transport:location`. @throws {UsageError | InvalidTransportNameError} */
export function namedCache(text: string, command: string): TransportName {
  return checked(placeNamed(text) ?? parseTransportName(text), command);
}

/** @throws {UsageError} for places that can only hold images */
function checked(place: TransportName, flag: string): TransportName {
  if (["docker", "oci", "oci-archive", "dir"].includes(place.transport)) return place;
  throw new UsageError(
    `${flag} ${formatTransportName(place)}: a cache is kept in a registry, oci:, oci-archive: or dir:, not in ${place.transport}:`,
  );
}

function withCacheTag(reference: Reference): Reference {
  return reference.tag === undefined && reference.digest === undefined
    ? { ...reference, tag: TAG }
    : reference;
}

function required(fields: ReadonlyMap<string, string>, name: string, flag: Flag): string {
  const value = fields.get(name);
  if (value === undefined || value === "") throw new UsageError(`${flag}: ${name}= is missing`);
  return value;
}
