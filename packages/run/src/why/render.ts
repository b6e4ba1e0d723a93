import type { Evidence } from "./evidence.ts";
import type { Finding } from "./finding.ts";

/** What `why` found out, as `--format json` prints it. */
export interface Answer {
  readonly Name: string;
  readonly Id: string;
  readonly Status: Evidence["status"];
  readonly ExitCode: number | null;
  /** Empty when it is not known. */
  readonly Cause: string;
  readonly Summary: string;
  readonly Seen: readonly string[];
  readonly Fixes: readonly string[];
  /** Further causes that fit. */
  readonly Others: readonly Finding[];
  readonly LastOutput: readonly string[];
}

const SHOWN_LINES = 5;

/** @param causes the likeliest first */
export function answerOf(id: string, evidence: Evidence, causes: readonly Finding[]): Answer {
  const [first, ...others] = causes;
  return {
    Name: evidence.name,
    Id: id,
    Status: evidence.status,
    ExitCode: evidence.exitCode ?? null,
    Cause: first?.cause ?? "",
    Summary: first?.says ?? unknown(evidence),
    Seen: first?.seen ?? [],
    Fixes: first?.fixes ?? [],
    Others: others,
    LastOutput: evidence.output.slice(-SHOWN_LINES),
  };
}

/** For people: what happened, why, what speaks for it, what to do. */
export function renderAnswer(answer: Answer): string {
  const { Name, Summary, Seen, Fixes, Others, LastOutput, Cause } = answer;
  const lines = [
    `${Name} ${happened(answer)}`,
    `${Cause === "" ? "" : "Cause: "}${Summary}`,
    ...Seen.map((text) => `  seen: ${text}`),
    ...Fixes.map((text) => `  try: ${text}`),
    ...Others.flatMap(({ says, fixes }) => [`Perhaps: ${says}`, ...fixes.map((text) => `  try: ${text}`)]),
  ];
  if (Cause === "" && LastOutput.length > 0)
    lines.push("Its last output:", ...LastOutput.map((line) => `  ${line}`));
  return `${lines.join("\n")}\n`;
}

function happened({ Status, ExitCode }: Answer): string {
  switch (Status) {
    case "running":
      return "runs.";
    case "starting":
      return "is being started.";
    case "created":
      return "has not run.";
    case "exited":
      return `ended with exit status ${ExitCode ?? "unknown"}.`;
  }
}

function unknown({ status, startFailure, exitCode }: Evidence): string {
  if (startFailure !== undefined) return `I don't know more than its start said: ${startFailure.message}`;
  if (status === "running" || status === "starting") return "There is nothing to explain.";
  if (status === "created") return "Nobody started it: use `wherry start`.";
  return `I don't know: its program ended by itself with exit status ${exitCode ?? "unknown"}, whose meaning is its own.`;
}
