import type { EngineOptions } from "../engine/index.ts";
import { observePrograms } from "../process/index.ts";
import { renderDebug } from "./error-text.ts";
import { logLevelOf, storeFlags, storeOptions, storeWarnings } from "./global-flags.ts";
import { WherryCommand } from "./wherry-command.ts";

/** Levels at which every program that is started is told. */
const VERBOSE: ReadonlySet<string> = new Set(["trace", "debug"]);

/** Base of the commands of `wherry` and `wherry-build`. */
export abstract class StoreCommand extends WherryCommand {
  static override baseFlags = storeFlags;

  protected override engineOptions(flags: Readonly<Record<string, unknown>>): EngineOptions {
    const isLocal = this.invocation.program.dialect === "podman";
    return { ...super.engineOptions(flags), ...storeOptions(flags), isLocal };
  }

  /** Tells what only somebody who looks for a fault wants to know. */
  private tell(message: string): void {
    this.invocation.err(renderDebug(message, this.invocation));
  }

  protected override begin(flags: Readonly<Record<string, unknown>>): void {
    this.logLevel = logLevelOf(flags);
    for (const warning of storeWarnings(flags)) this.warn(warning);
    if (VERBOSE.has(this.logLevel)) observePrograms((argv) => this.tell(`running ${JSON.stringify(argv)}`));
    const { out, noout } = flags;
    if (typeof out === "string" && out !== "") this.invocation.redirectOutput(out);
    else if (noout === true) this.invocation.redirectOutput("/dev/null");
  }
}
