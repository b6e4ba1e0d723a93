import { WherryError } from "@wherry/core/error";

/** The time a command was given is over. */
export class CommandTimeoutError extends WherryError {
  override readonly code = "ERR_WHERRY_COMMAND_TIMEOUT";
  constructor(duration: string) {
    super(`the command took longer than ${duration}`, {
      hint: "give it more with --command-timeout; blobs already copied are not copied again",
    });
  }
}

/** There is no OCI layout where one should be. */
export class NoLayoutError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_LAYOUT";
  constructor(folder: string) {
    super(`there is no OCI layout in ${folder}, nor below it`, {
      hint: "name the folder that has the file oci-layout, or one above it",
    });
  }
}
