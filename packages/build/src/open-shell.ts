import { mkdirSync } from "node:fs";
import { isatty } from "node:tty";
import type { Invocation } from "@wherry/core/cli";
import { runStep, type Step } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";

/** One shell at a time has the terminal. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Opens a shell in the container of a step that failed, over the files as it left them, with its environment, user and folder.
 * What is changed there is thrown away with the step.
 */
export async function openShell(engine: Engine, step: Step, { err }: Pick<Invocation, "err">): Promise<void> {
  const before = last;
  const opening = before.then(async () => {
    const work = `${step.work}-shell`;
    mkdirSync(work, { recursive: true, mode: 0o700 });
    err(
      `The step failed: this is its container as it was left; leave with exit${isatty(0) ? " or Ctrl-D" : ""}\n`,
    );
    const stdio = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
    await runStep(containerHost(engine), { ...step, work, args: ["/bin/sh"], stdio });
  });
  last = opening.catch(() => undefined);
  try {
    await opening;
  } catch (error) {
    // the failure of the step is what counts
    err(`cannot open a shell: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}
