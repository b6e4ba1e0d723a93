import { readFileSync } from "node:fs";
import { UsageError } from "@wherry/core/cli";
import { FileSystemError } from "@wherry/core/error";

/**
 * The values of `--build-arg-file` and `--build-arg`, the latter over the former; one without a value is taken from the
 * environment.
 *
 * @throws {UsageError | FileSystemError}
 */
export function buildArgs(
  { files, args: given }: { readonly files: readonly string[]; readonly args: readonly string[] },
  env: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const args = new Map<string, string>();
  for (const text of [...files.flatMap(readArgFile), ...given]) {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    const value = equals < 0 ? env[name] : text.slice(equals + 1);
    if (name === "") throw new UsageError(`invalid build arg ${JSON.stringify(text)}: expected NAME=VALUE`);
    if (value !== undefined) args.set(name, value);
  }
  return args;
}

/** Lines of `--build-arg-file`: blank ones and comments count for nothing. */
function readArgFile(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !line.startsWith("#"));
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
}
