import type { RunMount } from "./run-mount.ts";
import type { Flag } from "./words.ts";

/** A command as an instruction gives it: a list of arguments, or a text for the shell. */
export type CommandLine =
  | { readonly form: "exec"; readonly args: readonly string[] }
  | { readonly form: "shell"; readonly text: string };

/** NAME=value with the value as written: quotes and variables still in it. */
export interface Pair {
  readonly name: string;
  readonly value: string;
}

/** A file whose content stands in the Containerfile. */
export interface InlineFile {
  readonly name: string;
  /** Without the leading tabs that `<<-` removes. */
  readonly content: string;
  /** Whether variables in the content are replaced. */
  readonly expand: boolean;
}

/** Where an instruction stands, and its text for messages and history. */
export interface Place {
  readonly line: number;
  readonly endLine: number;
  readonly column: number;
  /** `KEYWORD arguments` as written, continued lines joined. */
  readonly text: string;
}

export interface From extends Place {
  readonly kind: "FROM";
  readonly image: string;
  readonly platform?: string;
  /** Stage name, lower case. */
  readonly name?: string;
}

export interface Arg extends Place {
  readonly kind: "ARG";
  readonly args: readonly { readonly name: string; readonly default?: string }[];
}

export interface Env extends Place {
  readonly kind: "ENV" | "LABEL";
  readonly pairs: readonly Pair[];
}

export interface Copy extends Place {
  readonly kind: "COPY" | "ADD";
  readonly sources: readonly string[];
  readonly files: readonly InlineFile[];
  readonly destination: string;
  readonly from?: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly checksum?: string;
  readonly exclude: readonly string[];
  readonly link: boolean;
  readonly parents: boolean;
  readonly keepGitDir: boolean;
  /** ADD only: whether archives are unpacked; undefined means as ADD decides. */
  readonly unpack?: boolean;
}

export interface Run extends Place {
  readonly kind: "RUN";
  readonly command: CommandLine;
  /** Heredocs after the command, as written. */
  readonly heredocs: readonly RunHeredoc[];
  /** Values of `--mount`, `--network`, `--security`, `--device`, variables still in them. */
  readonly flags: readonly Flag[];
  /** `--mount`, as far as it can be read before variables are replaced: types and `from` are final. */
  readonly mounts: readonly RunMount[];
}

/** A heredoc of RUN: never expanded here, the shell does that. */
export interface RunHeredoc {
  readonly name: string;
  readonly content: string;
  readonly stripTabs: boolean;
}

export interface Command extends Place {
  readonly kind: "CMD" | "ENTRYPOINT";
  readonly command: CommandLine;
}

export interface Shell extends Place {
  readonly kind: "SHELL";
  readonly shell: readonly string[];
}

/** Instructions with one value. */
export interface Single extends Place {
  readonly kind: "WORKDIR" | "USER" | "STOPSIGNAL" | "MAINTAINER";
  readonly value: string;
}

/** Instructions with a list of values. */
export interface Several extends Place {
  readonly kind: "EXPOSE" | "VOLUME";
  readonly values: readonly string[];
}

export interface HealthcheckInstruction extends Place {
  readonly kind: "HEALTHCHECK";
  /** Undefined for NONE. Durations are nanoseconds. */
  readonly check?: {
    readonly command: CommandLine;
    readonly interval?: number;
    readonly timeout?: number;
    readonly startPeriod?: number;
    readonly startInterval?: number;
    readonly retries?: number;
  };
}

export interface OnBuild extends Place {
  readonly kind: "ONBUILD";
  /** The instruction to run in images built from this one, heredoc bodies after it. */
  readonly trigger: string;
}

/** What may stand in a stage. */
export type StageInstruction =
  Arg | Env | Copy | Run | Command | Shell | Single | Several | HealthcheckInstruction | OnBuild;

export type Instruction = From | StageInstruction;
