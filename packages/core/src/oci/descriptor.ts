import * as v from "valibot";
import { isDigest, type Digest } from "./digest.ts";
import type { Platform } from "./platform.ts";

/** Points at content: its type, digest and size in bytes (image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly urls?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
  /** Base64 of the content itself. */
  readonly data?: string;
  readonly artifactType?: string;
  readonly platform?: Platform;
}

export const digestSchema = v.custom<Digest>(isDigest, "expected a digest");

const annotationsSchema = v.record(v.string(), v.string());

export const platformSchema = v.looseObject({
  architecture: v.string(),
  os: v.string(),
  variant: v.optional(v.string()),
  "os.version": v.optional(v.string()),
  "os.features": v.optional(v.array(v.string())),
});

export const descriptorSchema = v.looseObject({
  mediaType: v.pipe(v.string(), v.maxLength(255)),
  digest: digestSchema,
  size: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  urls: v.optional(v.nullable(v.array(v.string()))),
  annotations: v.optional(v.nullable(annotationsSchema)),
  data: v.optional(v.string()),
  artifactType: v.optional(v.string()),
  platform: v.optional(v.nullable(platformSchema)),
});

export const annotationsOrNullSchema = v.optional(v.nullable(annotationsSchema));
