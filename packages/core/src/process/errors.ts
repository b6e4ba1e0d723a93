import { WherryError } from "../error/index.ts";

/** A system program that is needed is not installed. */
export class ProgramNotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_PROGRAM_NOT_FOUND";
  constructor(program: string, purpose: string) {
    super(`${program} not found, which is needed to ${purpose}`, {
      hint: "run `wherry doctor`: it names the package to install",
    });
  }
}

/** A system program ended with a failure. The message ends with its own last words. */
export class ProgramFailedError extends WherryError {
  override readonly code = "ERR_WHERRY_PROGRAM_FAILED";
  /** What the program wrote to its standard error, cut to the last 8 KiB. */
  readonly stderr: string;
  /** The program's exit status; undefined when a signal ended it. */
  readonly status: number | undefined;
  constructor(program: string, ending: string, status: number | undefined, stderr: string) {
    const lastLine = stderr.trim().split("\n").at(-1);
    super(`${program} ${ending}${lastLine === undefined || lastLine === "" ? "" : `: ${lastLine}`}`);
    this.stderr = stderr;
    this.status = status;
  }
}
