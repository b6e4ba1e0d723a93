import { basename, dirname, join } from "node:path";
import { errnoOf, machineFailure } from "../error/index.ts";
import { InterruptedError } from "./errors.ts";
import { watchSignals } from "./interruption.ts";
import type { Invocation } from "./invocation.ts";
import { OutputClosedError, redirectOutput, writeAll } from "./output.ts";
import type { Program } from "./program.ts";
import { OUTPUT_CLOSED, runCommandLine } from "./run-command.ts";

/** Set by the launcher: the name of the link it was called by. */
const CALLED_AS = "WHERRY_CALLED_AS";

const NAMES = /^(?:wherry|wherry-build|wherry-image|podman|buildah|skopeo)(?: image)?$/;

/** Runs one of the three programs with this process's command line, and ends the process with its exit status. */
export async function main(program: Program): Promise<never> {
  const { signal, release } = watchSignals((status) => process.exit(status));
  const end = (error: Error): never => endAtOnce(error, signal);
  process.on("uncaughtException", end);
  process.once("beforeExit", () => end(new Error("the command waits for something that cannot happen")));
  const calledAs = takeName(program);
  const invocation: Invocation = {
    program,
    calledAs,
    openEngine: async (options) => {
      const { Engine, thisHost } = await import("../engine/index.ts");
      return Engine.openConfigured(thisHost(programsOf(program)), options);
    },
    becomeSibling: async (sibling) => {
      const { becomeSibling } = await import("./sibling.ts");
      return becomeSibling(sibling, packageFolder(), process.env);
    },
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
    redirectOutput,
    get errIsTerminal() {
      return process.getBuiltinModule("node:tty").isatty(2); // brings streams and sockets along: 3 ms
    },
    signal,
    releaseSignals: release,
    now: () => new Date(),
  };
  process.exit(await runCommandLine(process.argv.slice(2), invocation));
}

/** The name this process was called by, taken out of the environment so that no child inherits it. */
function takeName({ name }: Program): string {
  const calledAs = basename(process.env[CALLED_AS] ?? name);
  Reflect.deleteProperty(process.env, CALLED_AS);
  return NAMES.test(calledAs) ? calledAs : name;
}

/** How this program and its worker are started again. */
function programsOf({ workerFile }: Program) {
  const node = [process.execPath, ...process.execArgv, "--"];
  return {
    selfProgram: [...node, process.argv[1] ?? ""],
    workerProgram: workerFile === undefined ? undefined : [...node, workerFile],
  };
}

/** Ours: the folder above `bundle` or `src`, where the started file is. */
function packageFolder(): string {
  return join(dirname(process.argv[1] ?? "."), "..");
}

/** Ends the process over an error that nothing waited for: quietly when we are interrupted, or only our reader has gone. */
function endAtOnce(error: Error, { reason }: AbortSignal): never {
  if (reason instanceof InterruptedError) process.exit(reason.exitStatus);
  const isOfOutput = error === process.stdout.errored || error === process.stderr.errored;
  if (error instanceof OutputClosedError || (isOfOutput && errnoOf(error) === "EPIPE"))
    process.exit(OUTPUT_CLOSED);
  const failure = machineFailure(error)?.message ?? `internal error: ${error.stack ?? error.message}`;
  writeAll(2, `Error: ${failure}\n`);
  process.exit(125);
}
