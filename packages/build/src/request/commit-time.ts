import { findProgram, ProgramFailedError, ProgramNotFoundError, run } from "@wherry/core/process";
import { BuildRequestError } from "../builder/errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 60_000;

/**
 * When the commit was made that a folder is a check-out of, in seconds; undefined for one that is none.
 *
 * @throws {ProgramNotFoundError | BuildRequestError} when git is not here, or does not read the repository
 */
export async function commitTimeOf(folder: string, env: Environment): Promise<number | undefined> {
  const program = findProgram("git", env["PATH"]);
  if (program === undefined) throw new ProgramNotFoundError("git", "read when the context's commit was made");
  try {
    const { stdout } = await run(program, ["-C", folder, "log", "-1", "--format=%ct"], {
      env: { ...env, LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0" },
      timeoutMs: TIMEOUT_MS,
    });
    return Number(stdout.toString());
  } catch (error) {
    if (!(error instanceof ProgramFailedError)) throw error;
    if (/not a git repository|does not have any commits/.test(error.stderr)) return undefined;
    const [said = error.message] = error.stderr.split("\n");
    throw new BuildRequestError(`cannot read when the context's commit was made: ${said}`, {
      hint: "give the time itself: --source-date-epoch SECONDS",
    });
  }
}
