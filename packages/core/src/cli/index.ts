export { main } from "./main.ts";
export { runCommandLine } from "./run-command.ts";
export type { Invocation } from "./invocation.ts";
export {
  versionLine,
  versionUnder,
  FOLLOWED_RELEASE,
  type CommandMap,
  type Dialect,
  type Program,
} from "./program.ts";
export { WherryCommand, type CommandClass } from "./wherry-command.ts";
export type { Input as CommandInput } from "./input.ts";
export { withBareValue } from "./flag-table.ts";
export { workerFile } from "./worker-file.ts";
export { renderDebug } from "./error-text.ts";
export { UsageError } from "./errors.ts";
export { storeFlags } from "./global-flags.ts";
export { StoreCommand } from "./store-command.ts";
export { isJson, renderObject, renderReport, type ReportOptions, type ReportStyle } from "./report.ts";
export { goFields, goJson, goMap, goType, GoTime, renderTemplate, TemplateError } from "./template/index.ts";
export { alignColumns } from "./table.ts";
export { formatAge, formatBinarySize, formatSize, formatSpan } from "./units.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { checkCompressionLevel } from "./compression-level.ts";
export { compressionFlags, compressionOptions } from "./compression-flags.ts";
export { retryFlags, triesAmong, type Tries } from "./retry-flags.ts";
export { readPassphrase, signIdentityFlag, signingAmong, signingFlags } from "./signing-flags.ts";
export { imageFilter } from "./image-filters.ts";
export { parseMoment } from "./parse-moment.ts";
export { phaseLine, Phases } from "./phases.ts";
export { ProgressDisplay, type ProgressEvent, type ProgressOptions } from "./progress.ts";
export {
  anonymousFlags,
  destinationFlags,
  registryFlags,
  registryOptions,
  sourceFlags,
  type TypedCredentials,
} from "./registry-flags.ts";
export { ProgressPace } from "./progress-pace.ts";
export { showCopy, type CopyProgress, type ProgressStyle } from "./copy-progress.ts";
export { loginFlags, logoutFlags, runLogin, runLogout } from "./login.ts";
export { ask, confirm } from "./prompt.ts";
export { renderCommandHelp, renderTopicHelp } from "./help.ts";
