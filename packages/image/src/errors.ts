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
