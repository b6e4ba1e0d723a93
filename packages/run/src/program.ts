import { storeFlags, workerFile, type Program } from "@wherry/core/cli";
import { commands } from "./commands.ts";

/** `wherry`: what podman does. */
export const program: Program = {
  name: "wherry",
  dialect: "podman",
  summary: "Manage containers and images, without root and without a daemon",
  version: "0.1.0",
  commands,
  hidden: ["container health-failed", "container restart-ended"],
  topics: {
    container: "Manage containers",
    healthcheck: "Manage health checks of containers",
    secret: "Manage secrets",
    system: "Manage the store",
    volume: "Manage volumes",
  },
  siblings: {
    build: {
      program: "wherry-build",
      words: ["build"],
      summary: "Build an image using instructions from Containerfiles",
    },
    image: { program: "wherry-image", words: [], summary: "Inspect, copy and delete images in registries" },
  },
  globalFlags: storeFlags,
  workerFile: workerFile(),
};
