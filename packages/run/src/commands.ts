import type { CommandMap } from "@wherry/core/cli";

/** Every command of `wherry`, loaded when called. */
export const commands: CommandMap = {
  doctor: () => import("./commands/doctor.ts"),
  version: () => import("./commands/version.ts"),
};
