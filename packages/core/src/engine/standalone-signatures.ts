import { algorithmOf, digestOf, type Digest } from "../oci/index.ts";
import type { SigningKey, VerifiedClaim } from "../signature/index.ts";
import { fullName, gnupgHost, signAs } from "./carry-signatures.ts";
import type { ImageHost } from "./connection.ts";

type Host = Pick<ImageHost, "host" | "environment" | "signal">;

/**
 * Signs a manifest for a name, without any registry.
 *
 * @throws {SigningFailedError | GnupgMissingError | SignIdentityError}
 */
export async function signManifest(
  engine: Host,
  manifest: Uint8Array,
  name: string,
  key: SigningKey,
): Promise<Buffer> {
  return await signAs(engine, { ...key, digest: digestOf(manifest), identity: fullName(name) });
}

/** What a signature is checked against. */
export interface ExpectedSignature {
  readonly manifest: Uint8Array;
  /** The name it has to be for. */
  readonly name: string;
  /** Fingerprints of keys that are trusted; undefined for any of `publicKeys`. */
  readonly fingerprints: readonly string[] | undefined;
  /** Keys that count, instead of the user's keyring. */
  readonly publicKeys: { readonly bytes: Uint8Array; readonly where: string } | undefined;
}

/**
 * Checks a signature of a manifest, without any registry. Gives the fingerprint of its key and the manifest's digest.
 *
 * @throws {InvalidSignatureError | NoPublicKeysError | GnupgMissingError}
 */
export async function verifyManifest(
  engine: Host,
  signature: Uint8Array,
  { manifest, name, fingerprints, publicKeys }: ExpectedSignature,
): Promise<{ readonly fingerprint: string; readonly digest: Digest }> {
  const { InvalidSignatureError, Keyring } = await import("../signature/index.ts");
  const { matchesIdentity } = await import("../policy/index.ts");
  const host = gnupgHost(engine);
  using keyring = publicKeys === undefined ? Keyring.ofUser(host) : await Keyring.of([publicKeys], host);
  const claim = await keyring.verify(signature);
  if (fingerprints !== undefined && !isBy(claim, fingerprints))
    throw new InvalidSignatureError(
      `it is signed with key ${claim.primary}, not with ${fingerprints.join(" or ")}`,
    );
  const expected = fullName(name);
  const { digest, identity } = claim;
  if (!matchesIdentity({ type: "exactReference", dockerReference: expected }, undefined, identity))
    throw new InvalidSignatureError(
      `Docker reference ${JSON.stringify(identity)} does not match ${JSON.stringify(expected)}`,
    );
  const actual = digestOf(manifest, algorithmOf(digest));
  if (actual !== digest)
    throw new InvalidSignatureError(`the manifest has digest ${actual}, and ${digest} is signed`);
  return { fingerprint: claim.fingerprint, digest };
}

function isBy({ fingerprint, primary }: VerifiedClaim, trusted: readonly string[]): boolean {
  return trusted.some((one) => [fingerprint, primary].includes(one.toUpperCase()));
}
