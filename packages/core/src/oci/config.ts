import * as v from "valibot";
import { digestSchema } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import { checked, parseJson } from "./manifest.ts";

/** How a container of the image is run (image-spec config.md, field `config`), with docker's three additions at the end. */
export interface ContainerConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly Shell?: readonly string[];
  readonly Healthcheck?: Healthcheck;
  readonly OnBuild?: readonly string[];
}

/** docker's health check. Durations in nanoseconds. */
export interface Healthcheck {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** One step of an image's making; `empty_layer` steps have no layer. */
export interface History {
  readonly created?: string;
  readonly author?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** image-spec config.md. `diff_ids` name the uncompressed layers, the lowest first. */
export interface ImageConfig {
  readonly created?: string;
  readonly author?: string;
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly "os.version"?: string;
  readonly config?: ContainerConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly History[];
}

const strings = v.array(v.string());
/** Absent and null are the same: Go writes null for an empty slice or map. */
const maybe = <T extends v.GenericSchema>(schema: T) => v.optional(v.nullable(schema));
const durationSchema = v.pipe(v.number(), v.minValue(0));

const containerConfigSchema = v.looseObject({
  User: maybe(v.string()),
  ExposedPorts: maybe(v.record(v.string(), v.looseObject({}))),
  Env: maybe(strings),
  Entrypoint: maybe(strings),
  Cmd: maybe(strings),
  Volumes: maybe(v.record(v.string(), v.looseObject({}))),
  WorkingDir: maybe(v.string()),
  Labels: maybe(v.record(v.string(), v.string())),
  StopSignal: maybe(v.string()),
  Shell: maybe(strings),
  OnBuild: maybe(strings),
  Healthcheck: maybe(
    v.looseObject({
      Test: maybe(strings),
      Interval: maybe(durationSchema),
      Timeout: maybe(durationSchema),
      StartPeriod: maybe(durationSchema),
      StartInterval: maybe(durationSchema),
      Retries: maybe(v.number()),
    }),
  ),
});

const imageConfigSchema = v.looseObject({
  created: maybe(v.string()),
  author: maybe(v.string()),
  architecture: v.string(),
  os: v.string(),
  variant: maybe(v.string()),
  config: maybe(containerConfigSchema),
  rootfs: v.looseObject({
    type: v.literal("layers"),
    diff_ids: v.pipe(
      v.nullable(v.array(digestSchema)),
      v.transform((ids) => ids ?? []),
    ),
  }),
  history: maybe(
    v.array(
      v.looseObject({
        created: maybe(v.string()),
        author: maybe(v.string()),
        created_by: maybe(v.string()),
        comment: maybe(v.string()),
        empty_layer: maybe(v.boolean()),
      }),
    ),
  ),
});

/**
 * Reads an image's config from outside; fields that are null come back absent.
 *
 * @throws {InvalidDocumentError} with the path of the field that is wrong.
 */
export function parseImageConfig(bytes: Uint8Array): ImageConfig {
  return withoutNulls(
    checked(imageConfigSchema, parseJson(bytes, "image config"), "image config"),
  ) as ImageConfig;
}

/** The value without the properties that are null, at every depth. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === null ? [] : [[key, withoutNulls(inner)]])),
  );
}
