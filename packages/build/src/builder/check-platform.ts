import { formatPlatform, type Platform } from "@wherry/core/oci";
import { BuildRequestError } from "./errors.ts";

/** @throws {BuildRequestError} for a platform that this machine could not run. */
export function checkPlatform(wanted: Platform, host: Platform): void {
  if (formatPlatform(wanted) === formatPlatform(host)) return;
  throw new BuildRequestError(
    `cannot build for ${formatPlatform(wanted)}: this machine is ${formatPlatform(host)}, and wherry-build builds for its own platform only`,
    { hint: `leave --platform out, or build on a ${formatPlatform(wanted)} machine` },
  );
}
