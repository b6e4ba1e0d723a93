import { WherryError } from "@wherry/core/error";

/** An image does not have that name. */
export class TagNotKnownError extends WherryError {
  override readonly code = "ERR_WHERRY_TAG_NOT_KNOWN";
  constructor(name: string) {
    super(`${name}: tag not known`);
  }
}

/** There is nothing to read an archive from. */
export class NoArchiveInputError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_ARCHIVE_INPUT";
  constructor() {
    super("cannot read an archive from a terminal", { hint: "use --input FILE, or redirect standard input" });
  }
}

/** An archive would be written to a terminal. */
export class ArchiveToTerminalError extends WherryError {
  override readonly code = "ERR_WHERRY_ARCHIVE_TO_TERMINAL";
  constructor() {
    super("refusing to save to terminal", { hint: "use --output FILE, or redirect standard output" });
  }
}
