import { WherryError } from "@wherry/core/error";

/** Two builds of the same inputs gave different images. */
export class NotReproducibleError extends WherryError {
  override readonly code = "ERR_WHERRY_NOT_REPRODUCIBLE";
  override readonly exitStatus = 1;
  constructor(what: string) {
    super(`the same inputs give different images: ${what}`, {
      hint: "keep time, host name and random numbers out of the files that are named above",
    });
  }
}
