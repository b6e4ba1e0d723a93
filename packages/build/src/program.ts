import { storeFlags, workerFile, type Program } from "@wherry/core/cli";
import { commands } from "./commands.ts";

/** `wherry-build`: what buildah does. */
export const program: Program = {
  name: "wherry-build",
  dialect: "buildah",
  summary: "Build container images from Containerfiles or step by step, without root",
  version: "0.1.0",
  commands,
  topics: {
    base: "Make base images without a registry",
    cache: "See and clean the build cache",
    manifest: "Make images of several platforms",
  },
  globalFlags: storeFlags,
  workerFile: workerFile(),
};
