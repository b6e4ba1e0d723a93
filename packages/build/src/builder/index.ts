export { baseImages } from "./base-images.ts";
export { buildForPlatforms, buildImage, explainBuild, tryBuild } from "./build-image.ts";
export type { BuildDate, BuildRequest, BuildTools, RanCommand } from "./request.ts";
export type { ContextFiles, NamedContext } from "./named-context.ts";
export { openContext, openFolder, type ContextOptions } from "./open-context.ts";
export type { SshSource } from "./ssh-socket.ts";
export { EPOCH_ARG, PROXY_ARGS } from "./scope.ts";
export {
  plainProgress,
  stepLine,
  type BuildEvent,
  type Progress,
  type StepName,
  type StepOutput,
} from "./progress.ts";
