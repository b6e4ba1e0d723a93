import type { CommandMap } from "@wherry/core/cli";

/** Every command of `wherry`, loaded when called. */
export const commands: CommandMap = {
  version: () => import("./commands/version.ts"),
};
