import { WherryError } from "../error/index.ts";
import type { Program } from "./program.ts";

/** podman's "the tool itself failed". */
const TOOL_FAILED = 125;

/** What skopeo's exit status 2 stands for: there is no such image. */
const NO_IMAGE = new Set([
  "ERR_WHERRY_MANIFEST_UNKNOWN",
  "ERR_WHERRY_REPOSITORY_UNKNOWN",
  "ERR_WHERRY_NO_SUCH_BLOB",
  "ERR_WHERRY_NO_SUCH_IMAGE",
  "ERR_WHERRY_IMAGE_NOT_FOUND",
  "ERR_WHERRY_PLACE_MISSING",
]);

/** The registry does not know the user, or does not let them: 3, which skopeo has not. */
const NOT_ALLOWED = new Set(["ERR_WHERRY_UNAUTHORIZED", "ERR_WHERRY_DENIED", "ERR_WHERRY_LOGIN_FAILED"]);

/** The exit status an error ends the program with: its own, in skopeo's terms for `wherry-image`. */
export function exitStatusOf(error: unknown, { dialect }: Program): number {
  const status = error instanceof WherryError ? error.exitStatus : TOOL_FAILED;
  if (dialect !== "skopeo" || status !== TOOL_FAILED) return status;
  if (!(error instanceof WherryError)) return 1;
  if (NO_IMAGE.has(error.code)) return 2;
  if (NOT_ALLOWED.has(error.code)) return 3;
  return error.code === "ERR_WHERRY_RATE_LIMITED" ? 4 : 1;
}
