import type { Interfaces } from "@oclif/core";
import { boolean, string } from "@oclif/core/flags";

/** `--disable-compression` where an image is made: it is what is done, for buildah too unless it is told otherwise. */
export const plainLayers = boolean({
  char: "D",
  allowNo: true,
  description:
    "Accepted; layers of the store are plain, and are compressed on their way as the place expects",
});

/** Flags of buildah's that scripts pass to `build` and that have nothing to change here. The help says why. */
export const acceptedFlags = {
  "disable-compression": plainLayers,
  "disable-content-trust": boolean({
    allowNo: true,
    description: "Accepted; it has no effect, nor has it for buildah",
  }),
  "force-rm": boolean({
    allowNo: true,
    description: "Accepted; a step leaves no container, however it ends",
  }),
  "layer-label": string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "NAME=VALUE",
    description: "Accepted with a warning; there are no images between steps that could have the label",
  }),
  rm: boolean({ allowNo: true, description: "Accepted; a step leaves no container that could stay" }),
};

/** What is said of those that ask for something that is not done. */
export function acceptedWarnings(flags: Partial<Interfaces.InferredFlags<typeof acceptedFlags>>): string[] {
  return [
    ...(flags["layer-label"] === undefined
      ? []
      : ["--layer-label: there are no images between steps; a label of the image is set by --label"]),
    ...(flags.rm === false
      ? ["--rm=false: a step has no container that could stay; --on-fail shell opens one where a step fails"]
      : []),
  ];
}
