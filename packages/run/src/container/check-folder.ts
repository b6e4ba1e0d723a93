import { UsageError } from "@wherry/core/cli";

/** A program cannot begin in a folder that depends on where somebody stands. @throws {UsageError} */
export function checkFolder(path: string | undefined): void {
  if (path?.startsWith("/") === false)
    throw new UsageError(
      `invalid --workdir ${JSON.stringify(path)}: it must be an absolute path in the container`,
    );
}
