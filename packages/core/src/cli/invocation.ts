import type { Engine, EngineOptions } from "../engine/index.ts";
import type { Program } from "./program.ts";
import type { Sibling } from "./sibling.ts";

/** One run of a program: under which name, where its output goes, what it works with. Tests make their own. */
export interface Invocation {
  readonly program: Program;
  /** The name the program was called by: its own, or that of the tool it stands in for. */
  readonly calledAs: string;
  readonly openEngine: (options: EngineOptions) => Promise<Engine>;
  /** Replaces this process by another of the three programs. */
  readonly becomeSibling: (sibling: Sibling) => Promise<never>;
  /** Writes to standard output at once. */
  readonly out: (text: string | Uint8Array) => void;
  /** Writes to standard error at once. */
  readonly err: (text: string) => void;
  /** Makes standard output a file, also for the programs that inherit it. */
  readonly redirectOutput: (path: string) => void;
  /** Whether standard error is a terminal: messages and progress take its form. */
  readonly errIsTerminal: boolean;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Leaves signals to the command from now on: it passes them to a container. */
  readonly releaseSignals: () => void;
  readonly now: () => Date;
}
