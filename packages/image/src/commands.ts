import type { CommandMap } from "@wherry/core/cli";

/** Every command of `wherry-image`, loaded when called. */
export const commands: CommandMap = {
  "auth explain": () => import("./commands/auth-explain.ts"),
  copy: () => import("./commands/copy.ts"),
  delete: () => import("./commands/delete.ts"),
  digest: () => import("./commands/digest.ts"),
  inspect: () => import("./commands/inspect.ts"),
  "list-repos": () => import("./commands/list-repos.ts"),
  "list-tags": () => import("./commands/list-tags.ts"),
  login: () => import("./commands/login.ts"),
  logout: () => import("./commands/logout.ts"),
  "manifest-digest": () => import("./commands/manifest-digest.ts"),
  sync: () => import("./commands/sync.ts"),
  tag: () => import("./commands/tag.ts"),
  version: () => import("./commands/version.ts"),
};
