import type { CommandMap } from "@wherry/core/cli";

/** Every command of `wherry-image`, loaded when called. */
export const commands: CommandMap = {
  copy: () => import("./commands/copy.ts"),
  delete: () => import("./commands/delete.ts"),
  inspect: () => import("./commands/inspect.ts"),
  "list-tags": () => import("./commands/list-tags.ts"),
  login: () => import("./commands/login.ts"),
  logout: () => import("./commands/logout.ts"),
  sync: () => import("./commands/sync.ts"),
  version: () => import("./commands/version.ts"),
};
