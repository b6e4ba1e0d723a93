import { Transform, type Readable } from "node:stream";
import { algorithmOf, Digester, type Descriptor, type Digest } from "../oci/index.ts";
import { DigestMismatchError, SizeMismatchError } from "./errors.ts";

/** Streams that are checked: checking one again for the same content would only digest it twice. */
const CHECKED = new WeakMap<Readable, { readonly digest: Digest; readonly size: number }>();

/**
 * The same bytes, checked: the stream fails at the first byte beyond the descriptor's size, and at its end
 * when size or digest differ. A reader that saw `end` has seen exactly the content the descriptor names.
 * A stream that is checked for that content already is given back as it is.
 *
 * @throws {SizeMismatchError | DigestMismatchError} as stream errors.
 */
export function verified(content: Readable, { digest, size }: Pick<Descriptor, "digest" | "size">): Readable {
  const before = CHECKED.get(content);
  if (before?.digest === digest && before.size === size) return content;
  const digester = new Digester(algorithmOf(digest));
  const check = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      digester.update(chunk);
      if (digester.size > size) callback(new SizeMismatchError(`blob ${digest}`, size, digester.size));
      else callback(null, chunk);
    },
    flush(callback) {
      if (digester.size !== size) {
        callback(new SizeMismatchError(`blob ${digest}`, size, digester.size));
        return;
      }
      const actual = digester.digest();
      callback(actual === digest ? null : new DigestMismatchError(digest, actual));
    },
  });
  CHECKED.set(check, { digest, size });
  content.once("error", (error) => check.destroy(error));
  check.once("close", () => content.destroy());
  return content.pipe(check);
}

/** Says of a stream that it checks itself: it fails unless it is exactly the content the descriptor names. */
export function selfVerifying(
  content: Readable,
  { digest, size }: Pick<Descriptor, "digest" | "size">,
): Readable {
  CHECKED.set(content, { digest, size });
  return content;
}

/** A stream that tells itself how many bytes come. */
export interface TellsBytes {
  onBytes: ((count: number) => void) | undefined;
}

/** The same bytes, while telling how many came with each piece. What was checked stays known as checked. */
export function counted(content: Readable, onBytes: (count: number) => void): Readable {
  if (tellsBytes(content)) {
    content.onBytes = onBytes;
    return content;
  }
  return passing(content, (count, pass) => {
    onBytes(count);
    pass();
  });
}

function tellsBytes(content: Readable): content is Readable & TellsBytes {
  return "onBytes" in content;
}

/** The same bytes, each piece when it is let pass. What was checked stays known as checked. */
export function passing(content: Readable, gate: (count: number, pass: () => void) => void): Readable {
  const gated = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      gate(chunk.length, () => callback(null, chunk));
    },
  });
  const before = CHECKED.get(content);
  if (before !== undefined) CHECKED.set(gated, before);
  content.once("error", (error) => gated.destroy(error));
  gated.once("close", () => content.destroy());
  return content.pipe(gated);
}

/** Checks bytes held in memory against the descriptor that names them. */
export function verifyBytes(bytes: Uint8Array, { digest, size }: Pick<Descriptor, "digest" | "size">): void {
  if (bytes.length !== size) throw new SizeMismatchError(`blob ${digest}`, size, bytes.length);
  const digester = new Digester(algorithmOf(digest));
  digester.update(bytes);
  const actual = digester.digest();
  if (actual !== digest) throw new DigestMismatchError(digest, actual);
}
