import { encodedOf, type Digest } from "../../oci/index.ts";

/** What files with signatures are called. */
export const SIGNATURE = /^(?:[a-f0-9]{64,128}-)?signature-\d+$/;

/**
 * The file of a signature, as skopeo names it.
 *
 * @param number counted from 1
 * @param digest of the signed manifest, where it is not the root
 */
export function signatureName(number: number, digest?: Digest): string {
  return `${digest === undefined ? "" : `${encodedOf(digest)}-`}signature-${number}`;
}
