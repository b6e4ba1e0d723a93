import { WherryError } from "../error/index.ts";

/** The command line does not fit the command. In podman's words, which scripts match. */
export class UsageError extends WherryError {
  override readonly code = "ERR_WHERRY_USAGE";

  /** @param commandPath the command as typed, "podman ps": where to see more; absent when the message says all. */
  constructor(message: string, commandPath?: string) {
    super(message, commandPath === undefined ? {} : { hint: `See '${commandPath} --help'` });
  }
}

/** There is no command of that name. */
export class UnknownCommandError extends WherryError {
  override readonly code = "ERR_WHERRY_UNKNOWN_COMMAND";

  constructor(calledAs: string, words: string, parent: string, suggestions: readonly string[]) {
    const meant =
      suggestions.length === 0
        ? ""
        : `\n\nDid you mean this?\n${suggestions.map((id) => `\t${id}\n`).join("")}`;
    super(`unrecognized command \`${calledAs} ${words}\`${meant}`, {
      hint: `Try '${parent === "" ? calledAs : `${calledAs} ${parent}`} --help' for more information`,
    });
  }
}

/** A group of commands was named without one of its commands. */
export class MissingCommandError extends WherryError {
  override readonly code = "ERR_WHERRY_MISSING_COMMAND";
  constructor(path: string) {
    super(`missing command '${path} COMMAND'`);
  }
}

/** A signal such as Ctrl-C ended the command. Nothing is said about it; the exit status tells. */
export class InterruptedError extends WherryError {
  override readonly code = "ERR_WHERRY_INTERRUPTED";
  override readonly exitStatus: number;
  constructor(signal: string, signalNumber: number) {
    super(`interrupted by ${signal}`);
    this.exitStatus = 128 + signalNumber;
  }
}

/** The user asked for a command's help instead of its work. */
export class HelpRequest extends WherryError {
  override readonly code = "ERR_WHERRY_HELP_REQUEST";
  override readonly exitStatus = 0;
  constructor() {
    super("help requested");
  }
}
