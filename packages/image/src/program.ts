import type { Program } from "@wherry/core/cli";
import { commands } from "./commands.ts";
import { globalFlags } from "./image-command.ts";

/** `wherry-image`: what skopeo does. */
export const program: Program = {
  name: "wherry-image",
  dialect: "skopeo",
  summary: "Inspect, copy, sync and delete container images across registries",
  version: "0.1.0",
  commands,
  topics: { auth: "Look into logins", plan: "Tell what a copy or sync would do" },
  globalFlags,
};
