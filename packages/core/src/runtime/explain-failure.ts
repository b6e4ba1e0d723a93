import type { WherryError } from "../error/index.ts";
import { CommandNotExecutableError, CommandNotFoundError, RuntimeFailedError } from "./errors.ts";

const NOT_FOUND = [
  /executable file .*not found/i,
  /stat \S+: no such file or directory/, // runc, when the command is a path
  /exec: ".*": .*no such file or directory/,
  /exec(?:ve)? .*: No such file or directory/i,
];
const NOT_EXECUTABLE = [
  /executable file .*permission denied/i,
  /exec: ".*": (?:permission denied|is a directory)/i,
  /open executable.*: (?:Permission denied|Operation not permitted)/i,
  /exec(?:ve)? .*: (?:Permission denied|Exec format error)/i,
  /the path `.*` exists but it is not executable/i,
  /the path `.*` is not executable/i,
];

/**
 * A runtime's own words as the error they mean: command not found (127), not executable (126), else the runtime's
 * failure (125).
 *
 * @param program "crun" or "runc"
 * @param action what was tried, as in "cannot …"
 * @param command what was to be run, for runtimes that do not say it
 */
export function explainFailure(program: string, action: string, output: string, command = ""): WherryError {
  const said = lastMessage(output);
  const message = command === "" ? said : said.replace(/^open executable: /, `open executable ${command}: `);
  if (NOT_EXECUTABLE.some((pattern) => pattern.test(message)))
    return new CommandNotExecutableError(`${program}: ${message}`);
  if (NOT_FOUND.some((pattern) => pattern.test(message)))
    return new CommandNotFoundError(`${program}: ${message}`);
  return new RuntimeFailedError(program, action, message);
}

/** The last line that says something, without logrus's and crun's decoration. */
export function lastMessage(output: string): string {
  const lines = output
    .split("\n")
    .filter((line) => line.trim() !== "" && !/level=(?:warning|info|debug)/.test(line));
  const line = (lines.at(-1) ?? "").trim();
  const logrus = /\bmsg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  const json = line.startsWith("{") ? messageOf(line) : undefined;
  const text = json ?? logrus?.replace(/\\(.)/g, "$1") ?? line;
  return text.replace(/^\S+Z: /, "").replace(/^(?:runc (?:create|run|exec|start) failed|error): /i, "");
}

function messageOf(line: string): string | undefined {
  try {
    const { msg } = JSON.parse(line) as { msg?: unknown };
    return typeof msg === "string" ? msg : undefined;
  } catch {
    return undefined; // a line that only looks like JSON
  }
}
