import { WherryError } from "../error/index.ts";
import type { Program } from "./program.ts";

/** podman's "the tool itself failed". */
const TOOL_FAILED = 125;

/** What skopeo's exit status 2 stands for: there is no such image. */
const NO_IMAGE = new Set([
  "ERR_WHERRY_MANIFEST_UNKNOWN",
  "ERR_WHERRY_REPOSITORY_UNKNOWN",
  "ERR_WHERRY_NO_SUCH_IMAGE",
  "ERR_WHERRY_IMAGE_NOT_FOUND",
  "ERR_WHERRY_PLACE_MISSING",
]);

/** The exit status an error ends the program with: its own, in skopeo's terms for `wherry-image`. */
export function exitStatusOf(error: unknown, { dialect }: Program): number {
  const status = error instanceof WherryError ? error.exitStatus : TOOL_FAILED;
  if (dialect !== "skopeo" || status !== TOOL_FAILED) return status;
  return error instanceof WherryError && NO_IMAGE.has(error.code) ? 2 : 1;
}
