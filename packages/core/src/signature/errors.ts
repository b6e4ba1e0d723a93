import { WherryError } from "../error/index.ts";

/** A signature is not one, is damaged, or says something else than is asked for. */
export class InvalidSignatureError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SIGNATURE";
  /** @param why a sentence of its own, without the image: whoever refuses the image names that */
  constructor(why: string, cause?: unknown) {
    super(why, { cause });
  }
}

/** gpg made no signature. */
export class SigningFailedError extends WherryError {
  override readonly code = "ERR_WHERRY_SIGNING_FAILED";
  constructor(key: string, why: string, cause?: unknown) {
    super(`cannot sign with key ${JSON.stringify(key)}: ${why}`, {
      cause,
      hint: "look at `gpg --list-secret-keys`, and give its passphrase with --sign-passphrase-file where nobody can be asked for it",
    });
  }
}

/** Keys that signatures are to be checked with are none. */
export class NoPublicKeysError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_PUBLIC_KEYS";
  constructor(where: string) {
    super(`${where} holds no public key of OpenPGP`, {
      hint: "write the key there with `gpg --export FINGERPRINT`",
    });
  }
}

/** gpg is not installed, which makes and checks signatures. */
export class GnupgMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_GNUPG_MISSING";
  constructor(purpose: string) {
    super(`gpg not found, which is needed to ${purpose}`, {
      hint: "install GnuPG: the package gpg of Debian, gnupg2 of Fedora, gnupg of Alpine and Arch",
    });
  }
}
