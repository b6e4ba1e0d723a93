import type { CommandMap } from "@wherry/core/cli";

/** Every command of `wherry`, loaded when called. */
export const commands: CommandMap = {
  doctor: () => import("./commands/doctor.ts"),
  images: () => import("./commands/images.ts"),
  load: () => import("./commands/load.ts"),
  login: () => import("./commands/login.ts"),
  logout: () => import("./commands/logout.ts"),
  pull: () => import("./commands/pull.ts"),
  push: () => import("./commands/push.ts"),
  rmi: () => import("./commands/rmi.ts"),
  save: () => import("./commands/save.ts"),
  "system check": () => import("./commands/system-check.ts"),
  tag: () => import("./commands/tag.ts"),
  untag: () => import("./commands/untag.ts"),
  version: () => import("./commands/version.ts"),
};
