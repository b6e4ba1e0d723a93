import type { Compression } from "../../oci/index.ts";
import { rawEntry } from "./raw-tar.ts";

/** Paths as hostile archives use them: `OUTSIDE` is the absolute path of the sentinel tree. */
type Outside = { readonly absolute: string };

export interface HostileCase {
  readonly what: string;
  readonly archive: (outside: Outside) => Buffer;
  readonly compression?: Compression;
  /** The error's code; "harmless" when the layer may be applied, as long as nothing outside changes. */
  readonly expected: string;
  /** Whether a list of the layer has nothing to refuse: it holds no links that could be gone through. */
  readonly fineWhenListed?: boolean;
  /** Names in the target afterwards, where it is harmless. */
  readonly names?: readonly string[];
}

export const REFUSED = "ERR_WHERRY_HOSTILE_ENTRY";
export const INVALID = "ERR_WHERRY_INVALID_TAR";
export const link = (name: string, linkName: string) => rawEntry({ name, flag: "2", linkName });
export const hardLink = (name: string, linkName: string) => rawEntry({ name, flag: "1", linkName });
export const folder = (name: string) => rawEntry({ name: `${name}/`, flag: "5", mode: 0o777 });
export const file = (name: string) => rawEntry({ name, mode: 0o777 }, "evil");
export const TOO_LARGE = "ERR_WHERRY_LAYER_TOO_LARGE";

/** What they are applied with: small, so that bombs are cheap. */
export const LIMITS = { entries: 1000, size: 64 * 2 ** 20 };
