import { WherryError } from "../error/index.ts";

/** Bytes that should be a tar archive are none, or lie about themselves. */
export class InvalidTarError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_TAR";
  /** What is wrong, without the entry's name. */
  readonly why: string;
  constructor(why: string, entry?: string) {
    super(`invalid tar archive${entry === undefined ? "" : `, entry ${quote(entry)}`}: ${why}`);
    this.why = why;
  }
}

/** An entry of a layer would reach outside of it, or is not what a layer may hold. */
export class HostileEntryError extends WherryError {
  override readonly code = "ERR_WHERRY_HOSTILE_ENTRY";
  /** The entry's name as the archive spells it. */
  readonly entry: string;
  readonly why: string;
  constructor(entry: string, why: string) {
    super(`layer entry ${quote(entry)} is refused: ${why}`, {
      hint: "do not use this image, or ask who made it how its layers were made",
    });
    this.entry = entry;
    this.why = why;
  }
}

/** A layer has more entries or more bytes than the caller allows. */
export class LayerTooLargeError extends WherryError {
  override readonly code = "ERR_WHERRY_LAYER_TOO_LARGE";
  constructor(what: "entries" | "bytes", limit: number) {
    super(`the layer has more than ${limit} ${what}`);
  }
}

/** An owner that this process cannot give to a file. */
export class EntryOwnerError extends WherryError {
  override readonly code = "ERR_WHERRY_ENTRY_OWNER";
  constructor(entry: string, uid: number, gid: number, cause: unknown) {
    super(`cannot give ${quote(entry)} to ${uid}:${gid}: that owner does not exist in the user namespace`, {
      cause,
      hint: "add more ids for your user to /etc/subuid and /etc/subgid; `wherry doctor` shows how",
    });
  }
}

/** Compressed content that cannot be decompressed to its end. */
export class DamagedCompressionError extends WherryError {
  override readonly code = "ERR_WHERRY_DAMAGED_COMPRESSION";
  constructor(compression: string, why: string, cause?: unknown) {
    super(`${compression} content is damaged: ${why}`, { cause });
  }
}

/** A file changed its size while it was read into an archive. */
export class FileChangedError extends WherryError {
  override readonly code = "ERR_WHERRY_FILE_CHANGED";
  constructor(entry: string, expected: number, actual: number) {
    super(`${quote(entry)} changed while it was read: expected ${expected} bytes, got ${actual}`, {
      hint: "try again when nothing writes to it",
    });
  }
}

/** An overlay upper directory uses a feature that a layer cannot express. */
export class UnsupportedUpperError extends WherryError {
  override readonly code = "ERR_WHERRY_UNSUPPORTED_UPPER";
  constructor(path: string, feature: string) {
    super(`${quote(path)} was made by an overlay mount with ${feature}, which cannot become a layer`, {
      hint: "mount the overlay with redirect_dir=off,metacopy=off",
    });
  }
}

/** Names from archives are shown quoted and cut, since they may hold anything. */
function quote(entry: string): string {
  return JSON.stringify(entry.length > 200 ? `${entry.slice(0, 200)}…` : entry);
}
