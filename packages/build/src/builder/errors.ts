import { WherryError, type ErrorDetails } from "@wherry/core/error";
import type { Location } from "../containerfile/index.ts";

/** An instruction that was read could not be carried out: "Containerfile:4: COPY a /b: no such file". */
export class StepError extends WherryError {
  override readonly code: `ERR_WHERRY_${string}` = "ERR_WHERRY_BUILD_STEP";
  readonly file: string;
  readonly line: number;
  readonly instruction: string;
  override readonly exitStatus: number = 125;

  constructor(
    file: string,
    { line, text }: Location & { text: string },
    why: string,
    details?: ErrorDetails,
  ) {
    super(`${file}:${line}: ${shorten(text)}: ${why}`, details);
    this.file = file;
    this.line = line;
    this.instruction = text;
    // a command that is not there or not executable ends the build with 127 or 126, as in a shell
    if (details?.cause instanceof WherryError) this.exitStatus = details.cause.exitStatus;
  }
}

/** The command of a RUN failed. wherry-build ends with the command's own status, as buildah does. */
export class RunFailedError extends StepError {
  override readonly code = "ERR_WHERRY_RUN_FAILED";
  override readonly exitStatus: number;

  constructor(
    file: string,
    instruction: Location & { text: string },
    status: number,
    lastLines: readonly string[],
  ) {
    const tail =
      lastLines.length === 0 ? "" : `; its last output:\n${lastLines.map((line) => `  ${line}`).join("\n")}`;
    super(file, instruction, `exit status ${status}${tail}`);
    this.exitStatus = status === 0 ? 125 : status;
  }
}

/** What is asked for cannot be built, whatever the files say: an unknown target, another platform … */
export class BuildRequestError extends WherryError {
  override readonly code = "ERR_WHERRY_BUILD_REQUEST";
}

/** A piece of a step went wrong, before it is known which step that is: the step adds its place. */
export class StepProblem extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

function shorten(text: string): string {
  const [first = ""] = text.split("\n");
  return first.length > 120 ? `${first.slice(0, 117)}...` : first;
}
