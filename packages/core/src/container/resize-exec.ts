import { readFileSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { ProgramFailedError, run } from "../process/index.ts";
import type { UserNamespace } from "../userns/index.ts";

/**
 * Passes on every change of our terminal's size to the terminal of an exec'd program: not every runtime does.
 *
 * @param pidFile written by the runtime
 * @returns what ends it
 */
export function followWindow(namespace: UserNamespace, pidFile: string): () => void {
  const send = () => void resize(namespace, pidFile, process.stdout);
  process.stdout.on("resize", send);
  return () => void process.stdout.off("resize", send);
}

async function resize(
  namespace: UserNamespace,
  pidFile: string,
  { rows, columns }: NodeJS.WriteStream,
): Promise<void> {
  try {
    const terminal = `/proc/${readFileSync(pidFile, "latin1").trim()}/fd/0`;
    const size = ["rows", String(rows), "cols", String(columns)];
    const [program = "", ...args] = [...namespace.enter(), "stty", "-F", terminal, ...size];
    await run(program, args);
  } catch (error) {
    // the program has not started, or has ended
    if (errnoOf(error) !== "ENOENT" && !(error instanceof ProgramFailedError)) throw error;
  }
}
