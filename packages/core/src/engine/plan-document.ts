import * as v from "valibot";
import type { ImageChanges, ImageChoice } from "../image/index.ts";
import { formatPlatform, isDigest, parsePlatform, type Digest } from "../oci/index.ts";
import { formatReference, parseReference } from "../reference/index.ts";
import { formatTransportName, parseTransportName, type PlaceOptions } from "../transport/index.ts";
import type { SignatureWishes } from "./carry-signatures.ts";
import { InvalidPlanError } from "./errors.ts";
import type { PlannedDeletion } from "./extra-tags.ts";
import type { PlannedImage } from "./plan-images.ts";
import type { RegistryOptions } from "./registries.ts";

/** How a side is reached, without the secrets: who applies a plan brings their own. */
export interface PlannedSide extends PlaceOptions {
  readonly tlsVerify?: boolean;
  readonly certDir?: string;
  readonly authFile?: string;
}

/** What a copy or sync would do, as it is kept in a file until it is done. */
export interface CopyPlan {
  readonly command: "copy" | "sync";
  /** RFC 3339. */
  readonly created: string;
  /** The file that has the logins of some of its sources. */
  readonly syncFile?: string;
  readonly source: PlannedSide;
  readonly destination: PlannedSide;
  readonly changes: ImageChanges & Pick<SignatureWishes, "withoutSignatures">;
  readonly images: readonly PlannedImage[];
  /** Repositories whose images could not be told. */
  readonly unlisted: readonly { readonly source: string; readonly why: string }[];
  readonly deletions: readonly PlannedDeletion[];
}

/** What a plan comes to. */
export interface PlanSummary {
  /** To be copied. */
  readonly images: number;
  readonly platforms: number;
  /** To be transferred. */
  readonly blobs: number;
  /** Of these blobs. */
  readonly bytes: number;
  readonly mounts: number;
  readonly deletions: number;
  readonly unchanged: number;
  readonly failed: number;
}

const VERSION = 1;

/** Counts what a plan would do. */
export function summaryOf({ images, unlisted, deletions }: CopyPlan): PlanSummary {
  const copied = images.filter(({ outcome }) => outcome === "copy");
  const blobs = copied.flatMap((image) => image.blobs);
  const moved = blobs.filter(({ mountFrom }) => mountFrom === undefined);
  return {
    images: copied.length,
    platforms: copied.reduce((sum, { platforms }) => sum + platforms.length, 0),
    blobs: moved.length,
    bytes: moved.reduce((sum, { size }) => sum + size, 0),
    mounts: blobs.length - moved.length,
    deletions: deletions.length,
    unchanged: images.filter(({ outcome }) => outcome === "unchanged").length,
    failed: images.filter(({ outcome }) => outcome === "failed").length + unlisted.length,
  };
}

/** The plan as JSON, an image a line, in pieces to be written one after the other. */
export function* formatPlan(plan: CopyPlan): Generator<string> {
  const { command, created, syncFile, source, destination, changes, unlisted } = plan;
  const head = {
    wherryPlan: VERSION,
    command,
    created,
    syncFile,
    summary: summaryOf(plan),
    source,
    destination,
    changes: { ...changes, choice: changes.choice && formatChoice(changes.choice) },
    unlisted,
    deletions: plan.deletions.map(({ reference, digest }) => ({ name: formatReference(reference), digest })),
  };
  yield `${JSON.stringify(head).slice(0, -1)},"images":[`;
  let separator = "\n";
  for (const image of plan.images) {
    yield separator + JSON.stringify(formatImage(image));
    separator = ",\n";
  }
  yield "\n]}\n";
}

/** Reads a plan back. @throws {InvalidPlanError} */
export function parsePlan(text: string, path: string): CopyPlan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidPlanError(path, "it is not JSON", error);
  }
  const result = v.safeParse(planSchema, json);
  if (!result.success) {
    const [issue] = result.issues;
    throw new InvalidPlanError(path, `${v.getDotPath(issue) ?? "document"}: ${issue.message}`);
  }
  try {
    const { changes, images, deletions, ...rest } = result.output;
    const { choice, ...others } = changes;
    return {
      ...rest,
      changes: { ...others, ...(choice === undefined ? {} : { choice: parseChoice(choice) }) },
      images: images.map(parseImage),
      deletions: deletions.map(({ name, digest }) => ({ reference: parseReference(name), digest })),
    } as CopyPlan;
  } catch (error) {
    throw new InvalidPlanError(path, error instanceof Error ? error.message : String(error), error);
  }
}

const digestSchema = v.custom<Digest>((value) => isDigest(value), "a digest is expected");
const sideSchema = v.strictObject({
  tlsVerify: v.optional(v.boolean()),
  certDir: v.optional(v.string()),
  authFile: v.optional(v.string()),
  sharedBlobs: v.optional(v.string()),
  moreNames: v.optional(v.array(v.string())),
});
const countSchema = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const imageSchema = v.strictObject({
  source: v.string(),
  destination: v.string(),
  outcome: v.picklist(["copy", "unchanged", "failed"]),
  found: v.optional(digestSchema),
  current: v.optional(digestSchema),
  digest: v.optional(digestSchema),
  choice: v.optional(v.string()),
  registry: v.optional(sideSchema),
  platforms: v.array(v.string()),
  blobs: v.array(
    v.strictObject({ digest: digestSchema, size: countSchema, mountFrom: v.optional(v.string()) }),
  ),
  why: v.optional(v.string()),
});
const planSchema = v.strictObject({
  wherryPlan: v.literal(VERSION),
  command: v.picklist(["copy", "sync"]),
  created: v.string(),
  syncFile: v.optional(v.string()),
  summary: v.looseObject({}),
  source: sideSchema,
  destination: sideSchema,
  changes: v.strictObject({
    choice: v.optional(v.string()),
    format: v.optional(v.picklist(["oci", "docker"])),
    layers: v.optional(
      v.strictObject({
        compression: v.optional(v.picklist(["none", "gzip", "zstd"])),
        plainOnly: v.optional(v.boolean()),
        level: v.optional(countSchema),
      }),
    ),
    preserveDigests: v.optional(v.boolean()),
    foreignLayers: v.optional(v.boolean()),
    withoutSignatures: v.optional(v.boolean()),
  }),
  unlisted: v.array(v.strictObject({ source: v.string(), why: v.string() })),
  deletions: v.array(v.strictObject({ name: v.string(), digest: digestSchema })),
  images: v.array(imageSchema),
});

function formatImage({ item, error, ...image }: PlannedImage): object {
  const { outcome, found, current, digest, platforms, blobs } = image;
  return {
    source: formatTransportName(item.source),
    destination: formatTransportName(item.destination),
    outcome,
    ...(found === undefined ? {} : { found }),
    ...(current === undefined ? {} : { current }),
    ...(digest === undefined ? {} : { digest }),
    ...(item.choice === undefined ? {} : { choice: formatChoice(item.choice) }),
    ...(item.registry === undefined ? {} : { registry: withoutSecrets(item.registry) }),
    platforms: [...platforms],
    blobs: [...blobs],
    ...(error instanceof Error ? { why: error.message } : {}),
  };
}

function parseImage(image: v.InferOutput<typeof imageSchema>): PlannedImage {
  const { source, destination, choice, registry, outcome, found, current, digest, platforms, blobs, why } =
    image;
  if (outcome === "copy" && found === undefined)
    throw new Error(`${source} is to be copied, but has no digest`);
  return {
    item: {
      source: parseTransportName(source),
      destination: parseTransportName(destination),
      ...(registry === undefined ? {} : { registry }),
      ...(choice === undefined ? {} : { choice: parseChoice(choice) }),
      ...(found === undefined ? {} : { expected: { source: found, ...{ current, digest } } }),
    },
    outcome,
    platforms,
    blobs,
    ...(why === undefined ? {} : { error: new Error(why) }),
  } as PlannedImage;
}

/** What of the options may be in a file. */
export function withoutSecrets({ tlsVerify, certDir, authFile }: RegistryOptions): PlannedSide {
  return {
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    ...(certDir === undefined ? {} : { certDir }),
    ...(authFile === undefined ? {} : { authFile }),
  };
}

/** `all`, `index-only`, `one linux/arm64`, `some linux/amd64,linux/arm64`, or `only …` when the others are stripped. */
function formatChoice(choice: ImageChoice): string {
  switch (choice.kind) {
    case "one":
      return `one ${formatPlatform(choice.platform)}`;
    case "some":
      return `${choice.strip ? "only" : "some"} ${choice.platforms.map(formatPlatform).join(",")}`;
    default:
      return choice.kind;
  }
}

/** @throws {InvalidPlatformError} and for another word an error that says so */
function parseChoice(text: string): ImageChoice {
  const [kind, list = ""] = text.split(" ");
  if (kind === "all" || kind === "index-only") return { kind };
  if (kind === "one") return { kind, platform: parsePlatform(list) };
  if (kind === "some" || kind === "only")
    return { kind: "some", platforms: list.split(",").map(parsePlatform), strip: kind === "only" };
  throw new Error(`${JSON.stringify(text)} chooses no images`);
}
