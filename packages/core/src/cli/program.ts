import type { Interfaces } from "@oclif/core";
import type { CommandClass } from "./wherry-command.ts";

/** The tool whose commands, words and exit statuses a program follows. */
export type Dialect = "podman" | "buildah" | "skopeo";

/** A command's words ("image ls") and how to load it. Several names may load one command. */
export type CommandMap = Readonly<Record<string, () => Promise<{ default: CommandClass }>>>;

/** A command that another of the three programs does: `wherry build …` is `wherry-build build …`. */
export interface SiblingCommand {
  readonly program: Program["name"];
  /** Words put before the rest of the command line; none for a group (`wherry image copy`). */
  readonly words: readonly string[];
  /** One line for `--help`. */
  readonly summary: string;
}

/** What makes one of the three command lines: written once in each package's `main.ts`. */
export interface Program {
  readonly name: "wherry" | "wherry-build" | "wherry-image";
  readonly dialect: Dialect;
  /** One line for `--help`. */
  readonly summary: string;
  readonly version: string;
  readonly commands: CommandMap;
  /** Commands that only the program itself calls: not offered to anybody. */
  readonly hidden?: readonly string[];
  /** First words that only group others ("image"), with a line for `--help`. */
  readonly topics: Readonly<Record<string, string>>;
  /** Commands, and groups whose other commands, belong to another of the three programs. */
  readonly siblings?: Readonly<Record<string, SiblingCommand>>;
  /** Flags that may stand before the command's name; the commands declare the same as `baseFlags`. */
  readonly globalFlags: Interfaces.FlagInput;
  /** File of the program that works inside the user namespace, beside the bundle; absent where none is needed. */
  readonly workerFile?: string;
}

/** The release of each tool whose behaviour is followed: what a program asks for that parses `podman --version`. */
export const FOLLOWED_RELEASE: Readonly<Record<Dialect, string>> = {
  podman: "5.8.6",
  buildah: "1.43.0",
  skopeo: "1.22.2",
};

/** What follows the version in `--version`, as the tool prints it. */
const VERSION_DETAILS: Readonly<Record<Dialect, string>> = {
  podman: "",
  buildah: " (image-spec 1.1.1, runtime-spec 1.2.1)",
  skopeo: "",
};

/**
 * The version a program answers with under a name: its own, or under the name of the tool it stands in for the
 * release of that tool it follows, because callers compare it with what they need.
 */
export function versionUnder(calledAs: string, program: Program): string {
  return calledAs === program.dialect ? FOLLOWED_RELEASE[program.dialect] : program.version;
}

/** The line of `--version`: `podman version 5.8.6`. */
export function versionLine(calledAs: string, program: Program): string {
  const details = calledAs === program.dialect ? VERSION_DETAILS[program.dialect] : "";
  return `${calledAs} version ${versionUnder(calledAs, program)}${details}`;
}
