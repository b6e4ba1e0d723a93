import { join } from "node:path";
import { WherryError } from "../error/index.ts";
import { findProgram, isHangupIgnored } from "../process/index.ts";
import type { Program } from "./program.ts";

/** Another of the three programs, to become it. */
export interface Sibling {
  readonly program: Program["name"];
  readonly argv: readonly string[];
  /** What it shall call itself: "podman" for `podman build`, "podman image" for `podman image copy`. */
  readonly calledAs: string;
}

/** The program that a command belongs to is not installed. */
export class SiblingMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_SIBLING_MISSING";
  constructor(program: string) {
    super(`${program} is not installed`, {
      hint: `Install it with \`npm install --global @wherry/${packageOf(program)}\``,
    });
  }
}

/**
 * Replaces this process by a sibling program.
 *
 * @param packageFolder our own package's folder; npm and the repository put the siblings beside it.
 * @throws {SiblingMissingError}
 */
export function becomeSibling(
  { program, argv, calledAs }: Sibling,
  packageFolder: string,
  env: NodeJS.ProcessEnv,
): never {
  const beside = join(packageFolder, "..", packageOf(program), "bin", program);
  const launcher = findProgram(beside) ?? findProgram(program, env["PATH"]);
  if (launcher === undefined || process.execve === undefined) throw new SiblingMissingError(program);
  return process.execve(launcher, [launcher, ...argv], {
    ...env,
    WHERRY_CALLED_AS: calledAs,
    ...(isHangupIgnored() ? { WHERRY_HANGUP: "ignored" } : {}),
  });
}

function packageOf(program: string): string {
  return program.replace(/^wherry-/, "");
}
