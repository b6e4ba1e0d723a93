import { isatty } from "node:tty";
import type { Invocation } from "@wherry/core/cli";
import { monotonicMs } from "@wherry/core/io";
import { plainProgress, type Progress } from "../builder/index.ts";
import { jsonProgress } from "./json-progress.ts";
import { LiveProgress } from "./live-progress.ts";

export interface ProgressFlags {
  readonly progress: string;
  readonly quiet: boolean;
}

/** How a build is told of, and whether the plain words of buildah are on standard output. */
export interface OpenedProgress extends Disposable {
  readonly progress: Progress;
  readonly isPlain: boolean;
}

/** The view that the flags and the terminal ask for. */
export function openProgress(
  invocation: Pick<Invocation, "out" | "err" | "errIsTerminal" | "now">,
  { progress, quiet }: ProgressFlags,
  warn: (text: string) => void,
): OpenedProgress {
  const { out, err, errIsTerminal, now } = invocation;
  const isTerminal = progress === "auto" && !quiet && errIsTerminal && isatty(1);
  if (progress === "json") return fixed(jsonProgress({ write: err, now }), false);
  if (progress === "tty" || isTerminal) {
    const columns = process.stderr.columns || 80;
    const live = new LiveProgress({ write: err, columns, now: monotonicMs, warn });
    return { progress: live, isPlain: false, [Symbol.dispose]: () => live[Symbol.dispose]() };
  }
  const line = (text: string) => {
    if (!quiet) out(`${text}\n`);
  };
  return fixed(plainProgress({ line, output: { out, err }, warn }), true);
}

function fixed(progress: Progress, isPlain: boolean): OpenedProgress {
  return { progress, isPlain, [Symbol.dispose]: () => undefined };
}
