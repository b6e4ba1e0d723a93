import { WherryError } from "@wherry/core/error";

/** A place in a Containerfile. Line and column count from 1. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** A Containerfile that cannot be read or makes no sense: "Containerfile:3: what is wrong". */
export class ContainerfileError extends WherryError {
  override readonly code = "ERR_WHERRY_CONTAINERFILE";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What is wrong, without the place. */
  readonly problem: string;

  constructor(file: string, { line, column }: Location, problem: string, hint?: string) {
    super(`${file}:${line}: ${problem}`, hint === undefined ? {} : { hint });
    this.file = file;
    this.line = line;
    this.column = column;
    this.problem = problem;
  }
}

/** A Containerfile that asks for it by `# check=error=true` has findings. */
export class CheckFailedError extends WherryError {
  override readonly code = "ERR_WHERRY_CHECK_FAILED";
  override readonly exitStatus = 1;
  constructor(file: string, count: number) {
    super(`${file}: ${count} finding${count === 1 ? "" : "s"}, which its check directive makes errors`, {
      hint: "mend them, or skip a rule: # check=skip=RULE;error=true",
    });
  }
}

/** Text that breaks a rule of the language, before its place is known: whoever knows the place adds it. */
export class SyntaxProblem extends Error {}

/** Runs a parser of a piece of an instruction; a problem it finds is reported at that place. */
export function at<Result>(file: string, location: Location, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SyntaxProblem) throw new ContainerfileError(file, location, error.message);
    throw error;
  }
}
