import { imageFormat } from "../destination.ts";
import { annotationsOf } from "../manifest/entry-flags.ts";
import { secondsOf } from "../request/build-date.ts";
import { usesLayers } from "../graph-flags.ts";
import type { BuildFlags } from "../request/build-flags.ts";
import type { FinishRequest } from "./finish-image.ts";

/** What of the built image the flags change. */
export function finishRequest(
  flags: BuildFlags,
  env: Readonly<Record<string, string | undefined>>,
): FinishRequest {
  return {
    format: imageFormat(flags.format ?? env["BUILDAH_FORMAT"]),
    annotations: annotationsOf(flags.annotation ?? []),
    unsetAnnotations: flags.unsetannotation ?? [],
    env: (flags.env ?? []).map((entry) => (entry.includes("=") ? entry : `${entry}=${env[entry] ?? ""}`)),
    unsetEnv: flags.unsetenv ?? [],
    unsetLabels: flags.unsetlabel ?? [],
    createdAnnotation: flags["created-annotation"],
    identityLabel: flags["identity-label"],
    omitHistory: flags["omit-history"],
    squash: flags["squash-all"] ? "all" : flags.squash || !usesLayers(flags, env) ? "new" : undefined,
    fileTime: flags.timestamp === undefined ? undefined : secondsOf(flags.timestamp, "--timestamp"),
  };
}
