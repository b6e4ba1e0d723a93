export {
  buildImage,
  type BuildDate,
  type BuildRequest,
  type BuildTools,
  type Progress,
  type RanCommand,
} from "./build.ts";
export { checkPlatform } from "./check-platform.ts";
export { BuildRequestError, RunFailedError, StepError } from "./errors.ts";
export { openContext } from "./open-context.ts";
export { PROXY_ARGS } from "./scope.ts";
