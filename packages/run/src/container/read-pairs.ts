import { readFileSync } from "node:fs";
import { FileSystemError } from "@wherry/core/error";
import { UsageError } from "@wherry/core/cli";
import { endAtSignals } from "@wherry/core/io";

type HostEnv = Readonly<Record<string, string | undefined>>;

/**
 * `-e` and `--env-file` values as NAME=value; files first, as podman does. A name without value is taken from our own
 * environment, `NAME*` all that begin so; one that we do not have is left out.
 *
 * @throws {FileSystemError | UsageError}
 */
export function readEnv(values: readonly string[], files: readonly string[], hostEnv: HostEnv): string[] {
  const lines = [...files.flatMap(readLines), ...values];
  return lines.flatMap((line) => {
    const equals = line.indexOf("=");
    if (equals === 0 || line === "") throw new UsageError(`invalid environment variable: ${line}`);
    if (equals > 0) return [line];
    if (line.endsWith("*")) return entriesBeginning(line.slice(0, -1), hostEnv);
    const value = hostEnv[line];
    return value === undefined ? [] : [`${line}=${value}`];
  });
}

/** `--label` and its files: KEY=value, or KEY for an empty value. */
export function readLabels(values: readonly string[], files: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    [...files.flatMap(readLines), ...values].map((line) => {
      const equals = line.indexOf("=");
      if (equals === 0 || line === "") throw new UsageError(`invalid label format: ${JSON.stringify(line)}`);
      return equals === -1 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
    }),
  );
}

/** `--annotation`: KEY=value. */
export function readAnnotations(values: readonly string[]): Record<string, string> {
  if (values.some((text) => !text.includes("=")))
    throw new UsageError("annotations must be formatted KEY=VALUE");
  return readLabels(values);
}

function entriesBeginning(prefix: string, hostEnv: HostEnv): string[] {
  return Object.entries(hostEnv).flatMap(([name, value]) =>
    value !== undefined && name.startsWith(prefix) ? [`${name}=${value}`] : [],
  );
}

/** The lines of a file that say something: no blank ones, no comments. */
function readLines(path: string): string[] {
  let text: string;
  try {
    text = endAtSignals(() => readFileSync(path, "utf8"));
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
  return text
    .split("\n")
    .map((line) => line.replace(/\r$/, "").trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
