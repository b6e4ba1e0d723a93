export { at, ContainerfileError, SyntaxProblem, type Location } from "./errors.ts";
export type { EscapeCharacter } from "./directives.ts";
export { expandWord, expandWords, type Lookup } from "./expand.ts";
export { fileMatch } from "./file-match.ts";
export { ignoreRules, parseIgnoreFile, type IgnoreRules } from "./ignore.ts";
export type * from "./instruction.ts";
export { isUrl, withoutUndefined } from "./parse-copy.ts";
export { parseContainerfile, parseTrigger, type Containerfile, type Stage } from "./parse-containerfile.ts";
export { nearestWord } from "./suggest.ts";
