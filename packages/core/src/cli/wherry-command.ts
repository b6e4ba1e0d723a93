import { Command } from "@oclif/core/command";
import type { Config, Interfaces } from "@oclif/core";
import type { Writable } from "node:stream";
import type { Engine, EngineOptions } from "../engine/index.ts";
import { renderError, renderWarning } from "./error-text.ts";
import { exitStatusOf } from "./exit-status.ts";
import { readInput, type Input } from "./input.ts";
import type { Invocation } from "./invocation.ts";
import { streamInto } from "./output.ts";

/** Levels that warnings lie below. */
const SILENT: ReadonlySet<string> = new Set(["error", "fatal", "panic"]);

/** A class of command: what of its declarations we read. */
export interface CommandClass {
  new (argv: string[], config: Config): WherryCommand;
  readonly args: Interfaces.ArgInput;
  readonly flags: Interfaces.FlagInput;
  readonly baseFlags: Interfaces.FlagInput;
  readonly aliases: readonly string[];
  readonly hidden: boolean;
  readonly summary?: string | undefined;
  readonly description: string | undefined;
  readonly usage: string | string[] | undefined;
  readonly examples: readonly (string | { readonly command: string; readonly description: string })[];
  readonly interspersed: boolean;
  readonly usesEngine: boolean;
  readonly arity: string | undefined;
}

/** What our commands are given as oclif's config: oclif's own part is only `bin` and `version`. */
export interface CommandConfig {
  readonly bin: string;
  readonly version: string;
  readonly invocation: Invocation;
  /** The command's words, as typed: "image ls". */
  readonly commandId: string;
}

/** Base of every command of the three programs: flags → one call → render. */
export abstract class WherryCommand extends Command {
  static override args: Interfaces.ArgInput = {};
  static override flags: Interfaces.FlagInput = {};
  static override baseFlags: Interfaces.FlagInput = {};
  /** Whether flags may follow the first positional. Not for `run` and `exec`, where they are the container's. */
  static readonly interspersed: boolean = true;
  /** Whether the command uses the engine. */
  static readonly usesEngine: boolean = true;
  /** What is said about a wrong number of positionals, where cobra's words are not the tool's. */
  static readonly arity: string | undefined = undefined;

  /** Exit status when `run` returns; a command that reports another program's status sets it. */
  exitStatus = 0;
  /** The least that is told on standard error. */
  protected logLevel = "warn";
  #engine: Engine | undefined;

  /** The engine; there after `input()`. */
  get engine(): Engine {
    if (this.#engine === undefined)
      throw new Error("the engine is asked for before input(), or usesEngine is false");
    return this.#engine;
  }

  get invocation(): Invocation {
    return (this.config as unknown as CommandConfig).invocation;
  }

  /** The command as typed: "podman image ls". */
  get commandPath(): string {
    const { bin, commandId } = this.config as unknown as CommandConfig;
    return `${bin} ${commandId}`;
  }

  /** The command line, typed; opens the engine. Call it once, first. */
  protected async input<T extends CommandClass>(command: T): Promise<Input<T>> {
    const input = await readInput(this.argv, command, this.commandPath);
    this.begin(input.flags);
    if (command.usesEngine) {
      const onNotice = (notice: string) => void this.warn(notice);
      const choose: EngineOptions["choose"] = async (label, choices) =>
        (await import("./choose.ts")).chooseOnTerminal(label, choices);
      this.#engine = await this.invocation.openEngine({
        ...{ onNotice, choose },
        ...this.engineOptions(input.flags),
      });
      for (const notice of this.#engine.notices) this.warn(notice);
    }
    return input;
  }

  /** What global flags ask for before anything else is done. */
  protected begin(_flags: Readonly<Record<string, unknown>>): void {
    // a program with such flags overrides it
  }

  /** Engine options out of the global flags; a program with such flags overrides it. */
  protected engineOptions(_flags: Readonly<Record<string, unknown>>): EngineOptions {
    return { signal: this.invocation.signal };
  }

  /** Writes a line to standard output. */
  override log(message = ""): void {
    this.invocation.out(`${message}\n`);
  }

  /** Writes text or bytes to standard output as they are. */
  protected print(text: string | Uint8Array): void {
    this.invocation.out(text);
  }

  /** Standard output as a stream, for archives. */
  protected outputStream(): Writable {
    return streamInto(this.invocation.out);
  }

  /** Warns on standard error, in the form podman warns; silent where `--log-level` asks for errors only. */
  override warn(message: string): string {
    if (!SILENT.has(this.logLevel)) this.invocation.err(renderWarning(message, this.invocation));
    return message;
  }

  /** Reports a failure and goes on: for commands that work through a list. The exit status tells of the first. */
  protected fail(error: unknown): void {
    this.invocation.err(renderError(error, this.invocation));
    this.exitStatus ||= exitStatusOf(error, this.invocation.program);
  }

  /** Closes the engine; called when the command has ended, however it did. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine?.[Symbol.asyncDispose]();
  }
}
