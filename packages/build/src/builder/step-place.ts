import { WherryError } from "@wherry/core/error";
import { ContainerfileError, SyntaxProblem, type Location } from "../containerfile/index.ts";
import { StepError, StepProblem } from "./errors.ts";

/** Runs a part of an instruction; what goes wrong is reported with its place. */
export async function atStep<Result>(
  file: string,
  instruction: Location & { readonly text: string },
  work: () => Promise<Result> | Result,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw placed(file, instruction, error);
  }
}

function placed(file: string, instruction: Location & { readonly text: string }, error: unknown): unknown {
  const hint = (text: string | undefined) => (text === undefined ? {} : { hint: text });
  if (error instanceof SyntaxProblem) return new ContainerfileError(file, instruction, error.message);
  if (error instanceof StepProblem) return new StepError(file, instruction, error.message, hint(error.hint));
  if (error instanceof StepError || error instanceof ContainerfileError || !(error instanceof WherryError))
    return error;
  return new StepError(file, instruction, error.message, { cause: error, ...hint(error.hint) });
}
