import { WherryError } from "../error/index.ts";

/** policy.json does not allow the image. */
export class ImageRejectedError extends WherryError {
  override readonly code = "ERR_WHERRY_IMAGE_REJECTED";
  /** @param where the file, and the part of it that says so. */
  constructor(image: string, where: string) {
    super(`Source image rejected: Running image ${image} is rejected by policy (${where})`, {
      hint: "choose an image that the policy allows, or have whoever keeps that file allow this one",
    });
  }
}

/** policy.json wants something of the image that wherry cannot verify: it is refused, since it might be false. */
export class UnverifiableImageError extends WherryError {
  override readonly code = "ERR_WHERRY_UNVERIFIABLE_IMAGE";
  constructor(image: string, type: string, where: string) {
    super(
      `Source image rejected: the policy asks for a signature of ${image} (${type} in ${where}), and verifying such signatures is not yet supported`,
      {
        hint: "copy that image with a tool that verifies them, or name another policy with --policy",
      },
    );
  }
}

/** policy.json wants the image signed, and it is not, or not rightly. */
export class UnsignedImageError extends WherryError {
  override readonly code = "ERR_WHERRY_UNSIGNED_IMAGE";
  /** @param reasons why each of its signatures is not accepted */
  constructor(image: string, where: string, reasons: readonly string[]) {
    const [first = "A signature was required, but no signature exists", ...others] = reasons;
    const why =
      others.length === 0
        ? first
        : `None of the signatures were accepted, reasons: ${reasons.slice(0, 10).join("; ")}`;
    super(`Source image rejected: ${image}: ${why} (signedBy in ${where})`, {
      hint: "have the image signed with one of the keys of the policy, and look in registries.d where its signatures are",
    });
  }
}

/** The user takes signed images only, and policy.json does not say who is to have signed this one. */
export class SignatureUndemandedError extends WherryError {
  override readonly code = "ERR_WHERRY_SIGNATURE_UNDEMANDED";
  constructor(image: string, where: string) {
    super(`Source image rejected: ${image}: no signature verification is required by policy (${where})`, {
      hint: "name the keys that count by signedBy in that file, or leave out --require-signed",
    });
  }
}
