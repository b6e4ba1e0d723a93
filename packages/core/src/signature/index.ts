export { GnupgMissingError, InvalidSignatureError, NoPublicKeysError, SigningFailedError } from "./errors.ts";
export { findGnupg, type GnupgHost } from "./gnupg.ts";
export { Keyring, type KeySource, type VerifiedClaim } from "./keyring.ts";
export type { Claim, Signer } from "./payload.ts";
export { signClaim, type SigningKey } from "./sign.ts";
