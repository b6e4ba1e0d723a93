import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoOf, machineFailure } from "../error/index.ts";
import { ignoreHangup } from "../process/index.ts";
import { InterruptedError } from "./errors.ts";
import { watchSignals } from "./interruption.ts";
import type { Invocation } from "./invocation.ts";
import { OutputClosedError, redirectOutput, writeAll } from "./output.ts";
import type { Program } from "./program.ts";
import { runCommandLine } from "./run-command.ts";

/** Set by the launcher: the name of the link it was called by; and whether it found SIGHUP ignored. */
const CALLED_AS = "WHERRY_CALLED_AS";
const HANGUP = "WHERRY_HANGUP";

const NAMES = /^(?:wherry|wherry-build|wherry-image|podman|buildah|skopeo)(?: image)?$/;

/** Runs one of the three programs with this process's command line, and ends the process with its exit status. */
export async function main(program: Program): Promise<never> {
  if (taken(HANGUP) === "ignored") ignoreHangup();
  const { signal, release, outputClosed } = watchSignals((status) => process.exit(status));
  process.on("uncaughtException", (error) => {
    if (isOfClosedOutput(error)) outputClosed();
    else endAtOnce(error, signal);
  });
  process.once("beforeExit", () => {
    endAtOnce(new Error("the command waits for something that cannot happen"), signal);
  });
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
  const argv = process.argv.slice(2);
  process.exit((await refusedByHooks(calledAs, argv, program)) ?? (await runCommandLine(argv, invocation)));
}

/** The exit status of an administrator's hook that does not let podman do what is asked; mostly there are none. */
async function refusedByHooks(
  calledAs: string,
  argv: readonly string[],
  { dialect }: Program,
): Promise<number | undefined> {
  if (dialect !== "podman" || !existsSync("/etc/containers/podman_preexec_hooks.txt")) return undefined;
  const { askPreexecHooks } = await import("./preexec-hooks.ts");
  return await askPreexecHooks([calledAs, ...argv], { folder: process.env["PODMAN_PREEXEC_HOOKS_DIR"] });
}

/** The name this process was called by. */
function takeName({ name }: Program): string {
  const calledAs = basename(taken(CALLED_AS) ?? name);
  return NAMES.test(calledAs) ? calledAs : name;
}

/** A variable of the launcher's, taken out of the environment so that no child inherits it. */
function taken(name: string): string | undefined {
  const value = process.env[name];
  Reflect.deleteProperty(process.env, name);
  return value;
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

/** Whether the reader of our output has gone, as told by a write that nothing waited for. */
function isOfClosedOutput(error: Error): boolean {
  if (error instanceof OutputClosedError) return true;
  const isOfOutput = error === process.stdout.errored || error === process.stderr.errored;
  return isOfOutput && errnoOf(error) === "EPIPE";
}

/** Ends the process over an error that nothing waited for: quietly when we are interrupted. */
function endAtOnce(error: Error, { reason }: AbortSignal): never {
  if (reason instanceof InterruptedError) process.exit(reason.exitStatus);
  const failure = machineFailure(error)?.message ?? `internal error: ${error.stack ?? error.message}`;
  writeAll(2, `Error: ${failure}\n`);
  process.exit(125);
}
