export { buildImage, type BuildDate, type BuildTools, type RanCommand } from "./build.ts";
export type { NamedContext } from "./named-context.ts";
export { openContext, openFolder } from "./open-context.ts";
export type { SshSource } from "./ssh-socket.ts";
export { PROXY_ARGS } from "./scope.ts";
export { plainProgress, type StepOutput } from "./progress.ts";
