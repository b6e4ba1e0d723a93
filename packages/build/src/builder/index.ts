export { buildImage, type BuildDate, type BuildTools, type RanCommand } from "./build.ts";
export { openContext } from "./open-context.ts";
export { PROXY_ARGS } from "./scope.ts";
export { plainProgress, type StepOutput } from "./progress.ts";
