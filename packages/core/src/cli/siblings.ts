import { join } from "node:path";
import { WherryError } from "../error/index.ts";
import { findProgram } from "../process/index.ts";
import type { Program } from "./program.ts";

/** A command that is another of our programs: `wherry build …` is `wherry-build build …`. */
export interface Delegate {
  readonly program: Program["name"];
  /** Words put before the rest of the command line. */
  readonly words: readonly string[];
  /** What the program shall call itself: "podman" for `podman build`, "podman image" for `podman image copy`. */
  readonly calledAs: string;
}

/** The program that a command belongs to is not installed. */
export class SiblingMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_SIBLING_MISSING";
  override readonly exitStatus = 127;
  constructor(program: string) {
    super(`${program} is not installed`, {
      hint: `Install it with \`npm install -g @wherry/${packageOf(program)}\``,
    });
  }
}

/**
 * Becomes a sibling program: this process is replaced by it.
 *
 * @param packageFolder our own package's folder, beside which npm and the repository put the siblings.
 * @throws {SiblingMissingError}
 */
export function becomeSibling(
  { program, words, calledAs }: Delegate,
  rest: readonly string[],
  packageFolder: string,
  env: NodeJS.ProcessEnv,
): never {
  const beside = join(packageFolder, "..", packageOf(program), "bin", program);
  const launcher = findProgram(beside) ?? findProgram(program, env["PATH"]);
  if (launcher === undefined || process.execve === undefined) throw new SiblingMissingError(program);
  return process.execve(launcher, [launcher, ...words, ...rest], { ...env, WHERRY_CALLED_AS: calledAs });
}

function packageOf(program: string): string {
  return program.replace(/^wherry-/, "");
}
