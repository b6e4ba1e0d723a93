import type { CommandMap } from "@wherry/core/cli";

/** Every command of `wherry-image`, loaded when called. */
export const commands: CommandMap = {
  apply: () => import("./commands/apply.ts"),
  "auth explain": () => import("./commands/auth-explain.ts"),
  cat: () => import("./commands/cat.ts"),
  copy: () => import("./commands/copy.ts"),
  delete: () => import("./commands/delete.ts"),
  diff: () => import("./commands/diff.ts"),
  digest: () => import("./commands/digest.ts"),
  export: () => import("./commands/export.ts"),
  gc: () => import("./commands/gc.ts"),
  inspect: () => import("./commands/inspect.ts"),
  "list-repos": () => import("./commands/list-repos.ts"),
  "list-tags": () => import("./commands/list-tags.ts"),
  login: () => import("./commands/login.ts"),
  logout: () => import("./commands/logout.ts"),
  "manifest-digest": () => import("./commands/manifest-digest.ts"),
  "plan copy": () => import("./commands/plan-copy.ts"),
  "plan sync": () => import("./commands/plan-sync.ts"),
  ratelimit: () => import("./commands/ratelimit.ts"),
  referrers: () => import("./commands/referrers.ts"),
  serve: () => import("./commands/serve.ts"),
  sync: () => import("./commands/sync.ts"),
  tag: () => import("./commands/tag.ts"),
  "verify-content": () => import("./commands/verify-content.ts"),
  version: () => import("./commands/version.ts"),
};
