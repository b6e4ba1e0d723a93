import type { CommandMap } from "@wherry/core/cli";

/** Every command of `wherry`, loaded when called. */
export const commands: CommandMap = {
  attach: () => import("./commands/attach.ts"),
  create: () => import("./commands/create.ts"),
  doctor: () => import("./commands/doctor.ts"),
  exec: () => import("./commands/exec.ts"),
  images: () => import("./commands/images.ts"),
  kill: () => import("./commands/kill.ts"),
  load: () => import("./commands/load.ts"),
  login: () => import("./commands/login.ts"),
  logout: () => import("./commands/logout.ts"),
  logs: () => import("./commands/logs.ts"),
  pull: () => import("./commands/pull.ts"),
  push: () => import("./commands/push.ts"),
  restart: () => import("./commands/restart.ts"),
  rm: () => import("./commands/rm.ts"),
  rmi: () => import("./commands/rmi.ts"),
  run: () => import("./commands/run.ts"),
  save: () => import("./commands/save.ts"),
  start: () => import("./commands/start.ts"),
  stop: () => import("./commands/stop.ts"),
  "system check": () => import("./commands/system-check.ts"),
  tag: () => import("./commands/tag.ts"),
  untag: () => import("./commands/untag.ts"),
  version: () => import("./commands/version.ts"),
  wait: () => import("./commands/wait.ts"),
};
