import { InvalidSignatureError } from "./errors.ts";

/** Whose signature it is. Fingerprints in capital letters. */
export interface GoodSignature {
  /** Of the key that signed, which may be a subkey. */
  readonly fingerprint: string;
  /** Of the key it belongs to. */
  readonly primary: string;
}

const PREFIX = "[GNUPG:] ";
const FINGERPRINT = /^[0-9A-F]{32,64}$/;

/** gpg's words for what makes a signature worthless, as sentences. */
const REASONS: Readonly<Record<string, (words: readonly string[]) => string>> = {
  BADSIG: ([key = ""]) => `the signature of key ${key} does not fit what is signed: one of them was changed`,
  ERRSIG: ([key = "", , , , , why]) =>
    why === "9"
      ? `it is signed with key ${key}, which is none of those that are trusted`
      : `the signature of key ${key} cannot be checked`,
  EXPSIG: ([key = ""]) => `the signature of key ${key} has expired`,
  EXPKEYSIG: ([key = ""]) => `key ${key} that signed it has expired`,
  REVKEYSIG: ([key = ""]) => `key ${key} that signed it is revoked`,
};

/**
 * Reads gpg's status lines (doc/DETAILS of GnuPG): just one signature, over a document, that is good in every respect.
 *
 * @throws {InvalidSignatureError}
 */
export function readVerification(status: string): GoodSignature {
  const lines = linesOf(status);
  for (const { keyword, words } of lines) {
    const reason = Object.hasOwn(REASONS, keyword) ? REASONS[keyword] : undefined;
    if (reason !== undefined) throw new InvalidSignatureError(reason(words));
  }
  const count = (wanted: string): number => lines.filter(({ keyword }) => keyword === wanted).length;
  if (count("GOODSIG") === 0) throw new InvalidSignatureError("it is no signature of OpenPGP");
  const [valid, second] = lines.filter(({ keyword }) => keyword === "VALIDSIG");
  if (valid === undefined || second !== undefined || count("GOODSIG") > 1 || count("NEWSIG") > 1)
    throw new InvalidSignatureError("it is more than one signature");
  const { words } = valid;
  const [fingerprint = ""] = words;
  const [signedClass, primary = fingerprint] = words.slice(8);
  const isDocument = signedClass === "00" || signedClass === "01";
  if (!isDocument || !FINGERPRINT.test(fingerprint) || !FINGERPRINT.test(primary))
    throw new InvalidSignatureError("it is no signature of a document");
  return { fingerprint, primary };
}

/** The fingerprints of the keys that gpg says it has taken in. */
export function readImported(status: string): string[] {
  return linesOf(status).flatMap(({ keyword, words: [, fingerprint = ""] }) =>
    keyword === "IMPORT_OK" && FINGERPRINT.test(fingerprint) ? [fingerprint] : [],
  );
}

/** gpg writes what is not its own, such as names of keys, without line breaks. */
function linesOf(status: string): { readonly keyword: string; readonly words: readonly string[] }[] {
  const lines = status.split("\n").filter((line) => line.startsWith(PREFIX));
  return lines.map((line) => {
    const [keyword = "", ...words] = line.slice(PREFIX.length).split(" ");
    return { keyword, words };
  });
}
