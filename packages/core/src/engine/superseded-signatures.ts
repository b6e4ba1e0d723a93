import { InvalidSignatureError, Keyring, type GnupgHost, type VerifiedClaim } from "../signature/index.ts";

/**
 * The signatures that stay beside one that was just made: not an older one by which the same key says the same. So the
 * repetition of a push leaves one signature, and a push under another name two.
 */
export async function withoutSuperseded(
  others: readonly Buffer[],
  made: Buffer,
  host: GnupgHost,
): Promise<readonly Buffer[]> {
  using keyring = Keyring.ofUser(host);
  const { fingerprint, digest, identity } = await keyring.verify(made);
  const staying: Buffer[] = [];
  for (const signature of others) {
    const claim = await claimIn(keyring, signature);
    const isSame =
      claim?.fingerprint === fingerprint && claim.digest === digest && claim.identity === identity;
    if (!isSame) staying.push(signature);
  }
  return staying;
}

/** Undefined for one that this user cannot verify: then it is not by a key of this user. */
async function claimIn(keyring: Keyring, signature: Buffer): Promise<VerifiedClaim | undefined> {
  try {
    return await keyring.verify(signature);
  } catch (error) {
    if (error instanceof InvalidSignatureError) return undefined;
    throw error;
  }
}
