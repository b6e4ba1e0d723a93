import { WherryError } from "../error/index.ts";

/** A text that should name an image does not. */
export class InvalidReferenceError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_REFERENCE";
  constructor(text: string, why: string) {
    super(`cannot read image name ${JSON.stringify(text.slice(0, 300))}: invalid reference format: ${why}`, {
      hint: "write it as [REGISTRY/]REPOSITORY[:TAG][@DIGEST], such as quay.io/podman/hello:latest",
    });
  }
}

/** A name without a registry where one is needed. */
export class UnqualifiedNameError extends WherryError {
  override readonly code = "ERR_WHERRY_UNQUALIFIED_NAME";
  constructor(text: string) {
    super(`${JSON.stringify(text)} is a short name: it does not say which registry has the image`, {
      hint: `write the registry too, such as docker.io/library/${text}`,
    });
  }
}
