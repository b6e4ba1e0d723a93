/** Bytes that a signature of a manifest may have: the limit of containers/image. */
export const SIGNATURE_SIZE_LIMIT = 4 * 1024 * 1024;

/** Signatures of one manifest that are looked at. */
export const SIGNATURE_COUNT_LIMIT = 128;

/**
 * Whether a signature is one of OpenPGP, as containers/image tells them apart: a packet of OpenPGP has the highest bit of its first byte set (RFC 9580, 4.2). Other formats begin with a zero byte and their
 * name; they are carried along, and never verified.
 */
export function isOpenpgp(signature: Uint8Array): boolean {
  return ((signature[0] ?? 0) & 0x80) !== 0;
}
