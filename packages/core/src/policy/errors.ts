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
      `Source image rejected: the policy asks for a signature of ${image} (${type} in ${where}), and verifying signatures is not yet supported`,
      {
        hint: "copy that image with a tool that verifies signatures, or name another policy with --policy",
      },
    );
  }
}
