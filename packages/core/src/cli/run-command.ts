import type { Config } from "@oclif/core";
import { renderError } from "./error-text.ts";
import { HelpRequest, InterruptedError, MissingCommandError } from "./errors.ts";
import { exitStatusOf } from "./exit-status.ts";
import type { Invocation } from "./invocation.ts";
import { lookUp } from "./lookup.ts";
import { OutputClosedError } from "./output.ts";
import { versionLine } from "./program.ts";
import type { CommandClass, CommandConfig } from "./wherry-command.ts";

/** What a shell sees of a program that SIGPIPE ended. */
const OUTPUT_CLOSED = 128 + 13;

/** Runs a whole command line and gives its exit status. Never throws: what went wrong is on standard error. */
export async function runCommandLine(argv: readonly string[], invocation: Invocation): Promise<number> {
  try {
    return await dispatch(argv, invocation);
  } catch (error) {
    await nextTurn();
    await nextTurn();
    return report(error, invocation);
  }
}

/**
 * Twice, the loop asks for signals in between: a program that Ctrl-C ended beside us may fail a command before we hear of
 * Ctrl-C ourselves.
 */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function dispatch(argv: readonly string[], invocation: Invocation): Promise<number> {
  const { program, calledAs } = invocation;
  const standIn = program.name === "wherry" ? standInFor(calledAs) : undefined;
  if (standIn !== undefined) return await invocation.becomeSibling({ program: standIn, argv, calledAs });
  const [first = "", ...rest] = argv;
  if (first === "__complete" || first === "__completeNoDesc") {
    const { complete } = await import("./completion/complete.ts");
    await complete(rest, invocation, first === "__complete");
    return 0;
  }
  const asked = lookUp(argv, program, calledAs);
  if (asked.kind === "command") return await runCommand(asked.id, asked.argv, invocation);
  if (asked.kind === "sibling") return await invocation.becomeSibling(asked.sibling);
  if (asked.kind === "version") {
    invocation.out(`${versionLine(calledAs, program)}\n`);
    return 0;
  }
  const { renderTopicHelp } = await import("./help.ts");
  const help = await renderTopicHelp(asked.topic, invocation);
  if (asked.kind === "help") {
    invocation.out(help);
    return 0;
  }
  invocation.err(`${help}\n`);
  throw new MissingCommandError(asked.topic === "" ? calledAs : `${calledAs} ${asked.topic}`);
}

/** The program behind a link to `wherry` that is named like another tool than podman. */
function standInFor(calledAs: string): "wherry-build" | "wherry-image" | undefined {
  if (calledAs === "buildah") return "wherry-build";
  return calledAs === "skopeo" ? "wherry-image" : undefined;
}

async function runCommand(id: string, argv: readonly string[], invocation: Invocation): Promise<number> {
  const load = invocation.program.commands[id];
  if (load === undefined) throw new Error(`no command ${id}`);
  const { default: Command } = await load();
  try {
    await using command = newCommand(Command, id, argv, invocation);
    await command.run();
    return command.exitStatus;
  } catch (error) {
    if (!(error instanceof HelpRequest)) throw error;
    const { renderCommandHelp } = await import("./help.ts");
    invocation.out(renderCommandHelp(id, Command, invocation));
    return 0;
  }
}

function newCommand(Command: CommandClass, id: string, argv: readonly string[], invocation: Invocation) {
  const { program, calledAs } = invocation;
  const config: CommandConfig = { bin: calledAs, version: program.version, invocation, commandId: id };
  return new Command([...argv], config as unknown as Config);
}

function report(error: unknown, invocation: Invocation): number {
  if (error instanceof OutputClosedError) return OUTPUT_CLOSED;
  const reason: unknown = invocation.signal.aborted ? invocation.signal.reason : error;
  if (reason instanceof InterruptedError) return reason.exitStatus;
  try {
    invocation.err(renderError(error, invocation));
  } catch (failure) {
    if (!(failure instanceof OutputClosedError)) throw failure;
  }
  return exitStatusOf(error, invocation.program);
}
