import * as v from "valibot";
import { annotationsOrNullSchema, descriptorSchema, type Descriptor } from "./descriptor.ts";
import { digestOf, type DigestAlgorithm } from "./digest.ts";
import { DocumentTooLargeError, InvalidDocumentError } from "./errors.ts";
import { isIndexMediaType, isManifestMediaType, MEDIA_TYPE } from "./media-type.ts";

/** Largest manifest or index we read, in bytes (distribution-spec "Pushing Manifests" asks registries for 4 MiB). */
export const MANIFEST_SIZE_LIMIT = 4 * 1024 * 1024;

/** image-spec manifest.md; docker's v2s2 manifest has the same fields. */
export interface ImageManifest {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** image-spec image-index.md; docker's manifest list has the same fields. */
export interface ImageIndex {
  readonly schemaVersion: 2;
  readonly mediaType?: string;
  readonly artifactType?: string;
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest or index: the exact bytes, the descriptor that names them, and what they say. */
export type Manifest =
  | {
      readonly kind: "image";
      readonly bytes: Uint8Array;
      readonly descriptor: Descriptor;
      readonly content: ImageManifest;
    }
  | {
      readonly kind: "index";
      readonly bytes: Uint8Array;
      readonly descriptor: Descriptor;
      readonly content: ImageIndex;
    };

const common = {
  schemaVersion: v.literal(2),
  mediaType: v.optional(v.string()),
  artifactType: v.optional(v.string()),
  subject: v.optional(v.nullable(descriptorSchema)),
  annotations: annotationsOrNullSchema,
};
const manifestSchema = v.looseObject({
  ...common,
  config: descriptorSchema,
  layers: v.pipe(
    v.nullable(v.array(descriptorSchema)),
    v.transform((layers) => layers ?? []),
  ),
});
const indexSchema = v.looseObject({
  ...common,
  manifests: v.pipe(
    v.nullable(v.array(descriptorSchema)),
    v.transform((manifests) => manifests ?? []),
  ),
});

/**
 * Reads a manifest or index from outside. The bytes are kept as they are: writing them again never changes the digest.
 *
 * @param mediaType what the carrier said it is; a `mediaType` field inside wins when both are known kinds.
 * @throws {InvalidDocumentError} when it is neither; also for docker schema 1.
 * @throws {DocumentTooLargeError} beyond `MANIFEST_SIZE_LIMIT`.
 */
export function parseManifest(
  bytes: Uint8Array,
  mediaType?: string,
  algorithm: DigestAlgorithm = "sha256",
): Manifest {
  if (bytes.length > MANIFEST_SIZE_LIMIT)
    throw new DocumentTooLargeError("manifest", bytes.length, MANIFEST_SIZE_LIMIT);
  const json = parseJson(bytes, "manifest");
  const type = mediaTypeOf(json, mediaType);
  const descriptor: Descriptor = { mediaType: type, digest: digestOf(bytes, algorithm), size: bytes.length };
  if (isIndexMediaType(type)) {
    return {
      kind: "index",
      bytes,
      descriptor,
      content: checked(indexSchema, json, "image index") as ImageIndex,
    };
  }
  return {
    kind: "image",
    bytes,
    descriptor,
    content: checked(manifestSchema, json, "image manifest") as ImageManifest,
  };
}

/** A manifest made by us, as canonical JSON. */
export function createManifest(content: ImageManifest | ImageIndex): Manifest {
  const bytes = Buffer.from(JSON.stringify(content));
  return parseManifest(bytes, content.mediaType);
}

/** What must be there before the manifest may be published: manifests first, then blobs. */
export function childrenOf(manifest: Manifest): {
  manifests: readonly Descriptor[];
  blobs: readonly Descriptor[];
} {
  if (manifest.kind === "index") return { manifests: manifest.content.manifests, blobs: [] };
  return { manifests: [], blobs: [manifest.content.config, ...manifest.content.layers] };
}

/** A document as JSON.parse gives it. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new InvalidDocumentError(what, "not JSON", error);
  }
}

/** The value when it fits the schema. Nulls that Go writes for absent optional fields are dropped. */
export function checked<T extends v.GenericSchema>(schema: T, json: unknown, what: string): v.InferOutput<T> {
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new InvalidDocumentError(what, `${v.getDotPath(issue) ?? "document"}: ${issue.message}`);
}

/** The kind of a document: its own field when known, else what the carrier said, else its shape. */
function mediaTypeOf(json: unknown, carrier: string | undefined): string {
  const fields: Readonly<Record<string, unknown>> =
    typeof json === "object" && json !== null ? { ...json } : {};
  if (fields["schemaVersion"] === 1) {
    throw new InvalidDocumentError(
      "manifest",
      "docker schema 1 is not supported; push the image again with a current tool",
    );
  }
  const isIndex = "manifests" in fields;
  const isImage = "config" in fields || "layers" in fields;
  // two readers could see two different images in such a document (CVE-2021-41190)
  if (isIndex && isImage) throw new InvalidDocumentError("manifest", "it is image and index at once");
  const said = carrier?.split(";")[0]?.trim().toLowerCase();
  for (const type of [fields["mediaType"], said]) {
    if (typeof type === "string" && (isIndexMediaType(type) || isManifestMediaType(type))) return type;
  }
  if (isIndex) return MEDIA_TYPE.ociIndex;
  if (isImage) return MEDIA_TYPE.ociManifest;
  throw new InvalidDocumentError(
    "manifest",
    `unknown media type ${JSON.stringify(fields["mediaType"] ?? said ?? "(none)")}`,
  );
}
