import { TooLargeError } from "../io/index.ts";
import { SIGNATURE_COUNT_LIMIT, SIGNATURE_SIZE_LIMIT } from "../oci/index.ts";

/**
 * Signatures of one manifest that lie in files numbered from 1 without a gap. Whoever writes them may be anybody: all of them
 * together may have what one may have.
 *
 * @param read a file of at most so many bytes; undefined when it is not there
 * @param what they are of, for messages
 * @throws {TooLargeError}
 */
export async function readNumbered(
  read: (number: number, limit: number) => Promise<Buffer | undefined> | Buffer | undefined,
  what: string,
): Promise<Buffer[]> {
  const signatures: Buffer[] = [];
  let size = 0;
  while (signatures.length < SIGNATURE_COUNT_LIMIT) {
    const signature = await read(signatures.length + 1, SIGNATURE_SIZE_LIMIT);
    if (signature === undefined) break;
    size += signature.length;
    if (size > SIGNATURE_SIZE_LIMIT)
      throw new TooLargeError(`the signatures of ${what}`, SIGNATURE_SIZE_LIMIT);
    signatures.push(signature);
  }
  return signatures;
}
