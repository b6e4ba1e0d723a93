import { isUtf8 } from "node:buffer";
import * as v from "valibot";
import { isDigest, type Digest } from "../oci/index.ts";
import { InvalidSignatureError } from "./errors.ts";
import { repeatsName } from "./repeated-names.ts";

/** What a signature says: the manifest with this digest is the image of this name (containers-signature(5)). */
export interface Claim {
  readonly digest: Digest;
  /** The image's name as the signer wrote it. */
  readonly identity: string;
}

/** Who signed, and when; nothing depends on it. */
export interface Signer {
  readonly creator: string;
  readonly at: Date;
}

const TYPE = "atomic container signature";

const payloadSchema = v.strictObject({
  critical: v.strictObject({
    type: v.literal(TYPE),
    image: v.strictObject({
      "docker-manifest-digest": v.custom<Digest>(isDigest, "a digest is expected"),
    }),
    identity: v.strictObject({ "docker-reference": v.string() }),
  }),
  optional: v.looseObject({
    creator: v.optional(v.string()),
    timestamp: v.optional(v.pipe(v.number(), v.safeInteger())),
  }),
});

/** The bytes to sign. */
export function writePayload({ digest, identity }: Claim, { creator, at }: Signer): Buffer {
  const payload: v.InferOutput<typeof payloadSchema> = {
    critical: {
      identity: { "docker-reference": identity },
      image: { "docker-manifest-digest": digest },
      type: TYPE,
    },
    optional: { creator, timestamp: Math.floor(at.getTime() / 1000) },
  };
  return Buffer.from(JSON.stringify(payload));
}

/**
 * Reads what was signed. What nobody knows in its critical part, or stands there twice, is refused: whoever signed it may have
 * meant a restriction.
 *
 * @throws {InvalidSignatureError}
 */
export function parsePayload(bytes: Uint8Array): Claim {
  if (!isUtf8(bytes)) throw new InvalidSignatureError("what is signed is no text");
  const text = Buffer.from(bytes).toString();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidSignatureError("what is signed is not JSON", error);
  }
  const parsed = v.safeParse(payloadSchema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const place = v.getDotPath(issue) ?? "the document";
    throw new InvalidSignatureError(`what is signed is no claim about an image: ${place}: ${issue.message}`);
  }
  if (repeatsName(text)) throw new InvalidSignatureError("what is signed has a name twice in one object");
  const { image, identity } = parsed.output.critical;
  return { digest: image["docker-manifest-digest"], identity: identity["docker-reference"] };
}
