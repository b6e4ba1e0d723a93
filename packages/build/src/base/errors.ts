import { WherryError } from "@wherry/core/error";

/** A program of this machine cannot go into a base image. */
export class HostProgramError extends WherryError {
  override readonly code = "ERR_WHERRY_HOST_PROGRAM";
}

/** A file that should be an ELF object is damaged. */
export class InvalidElfError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_ELF";
  constructor(path: string, why: string) {
    super(`${path} is a damaged ELF file: ${why}`);
  }
}

/** A Debian base could not be made. */
export class DebianBaseError extends WherryError {
  override readonly code = "ERR_WHERRY_DEBIAN_BASE";
}
