import type { CommandMap } from "@wherry/core/cli";

/** Every command of `wherry-build`, loaded when called. */
export const commands: CommandMap = {
  "base debian": () => import("./commands/base/debian.ts"),
  "base host": () => import("./commands/base/host.ts"),
  bud: () => import("./commands/build.ts"),
  build: () => import("./commands/build.ts"),
  images: () => import("./commands/images.ts"),
  version: () => import("./commands/version.ts"),
};
