import { WherryError } from "@wherry/core/error";

/** Two builds of the same inputs gave different images. */
export class NotReproducibleError extends WherryError {
  override readonly code = "ERR_WHERRY_NOT_REPRODUCIBLE";
  override readonly exitStatus = 1;
  constructor(what: string, { cause }: { readonly cause?: unknown } = {}) {
    super(`the same inputs give different images: ${what}`, {
      hint: "keep time, host name, random numbers and what else is not in the image out of the files that are named above",
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
