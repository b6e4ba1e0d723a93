import { machineFailure, WherryError } from "../error/index.ts";
import type { Invocation } from "./invocation.ts";

/**
 * What a user reads about a failure: `Error: message`, then the hint on a line of its own. Under the name of
 * skopeo, the line skopeo's logger writes. An error that is not ours is a bug and says so.
 */
export function renderError(error: unknown, invocation: Invocation): string {
  const messages = messagesOf(error);
  if (invocation.calledAs === "skopeo") return logLine("fatal", messages.join(": "), invocation);
  const known = expected(error);
  const hint = known instanceof WherryError ? asTyped(known.hint, invocation) : undefined;
  const lines = [`Error: ${messages.join("\nError: ")}`, ...(hint === undefined ? [] : [hint])];
  return `${lines.join("\n")}\n`;
}

/** A hint that tells what to type names this program as its user does. */
function asTyped(hint: string | undefined, { program, calledAs }: Invocation): string | undefined {
  return hint?.replaceAll(`\`${program.name} `, `\`${calledAs} `);
}

/** A warning as podman's logger writes it. */
export function renderWarning(message: string, invocation: Invocation): string {
  return logLine("warning", message, invocation);
}

/** A line for those who look for a fault, as podman's logger writes it. */
export function renderDebug(message: string, invocation: Invocation): string {
  return logLine("debug", message, invocation);
}

const SHORT = { fatal: "FATA", warning: "WARN", debug: "DEBU" } as const;

function logLine(level: keyof typeof SHORT, message: string, { errIsTerminal, now }: Invocation): string {
  if (errIsTerminal) return `${SHORT[level]}[0000] ${message}\n`;
  const time = now().toISOString().replace(/\.\d+/, "");
  return `time="${time}" level=${level} msg=${JSON.stringify(message)}\n`;
}

/** A failure of the machine is none of ours, wherever it was met. */
function expected(error: unknown): unknown {
  return error instanceof WherryError || !(error instanceof Error) ? error : (machineFailure(error) ?? error);
}

/** The messages of an error: both of an error and of the failed clean-up after it, all of several. */
function messagesOf(error: unknown): string[] {
  if (error instanceof SuppressedError) return [...messagesOf(error.suppressed), ...messagesOf(error.error)];
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(messagesOf);
  const known = expected(error);
  if (known instanceof WherryError) return [known.message];
  if (!(error instanceof Error)) return [`internal error: ${String(error)}`];
  return [
    `internal error: ${error.message}\n${error.stack?.split("\n").slice(1).join("\n") ?? ""}`.trimEnd(),
  ];
}
