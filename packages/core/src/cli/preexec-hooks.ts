import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { errnoOf } from "../error/index.ts";
import { start } from "../process/index.ts";

/** Where podman looks for hooks, besides the folder that `$PODMAN_PREEXEC_HOOKS_DIR` names. */
const FOLDERS = ["/usr/libexec/podman/pre-exec-hooks", "/etc/containers/pre-exec-hooks"];

/**
 * Shows a command line to the administrator's pre-exec hooks, one after the other: programs that may refuse it.
 *
 * @param commandLine the program's name, then its arguments
 * @returns the exit status of the first that refuses, undefined when none does
 */
export async function askPreexecHooks(
  commandLine: readonly string[],
  {
    folder,
    folders = FOLDERS,
  }: { readonly folder?: string | undefined; readonly folders?: readonly string[] },
): Promise<number | undefined> {
  const all = folder === undefined || folder === "" ? folders : [...folders, folder];
  for (const hook of all.flatMap(executablesIn)) {
    const status = await statusOf(hook, commandLine);
    if (status !== 0) return status;
  }
  return undefined;
}

function executablesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => {
        const stats = statSync(path, { throwIfNoEntry: false });
        return stats?.isFile() === true && (stats.mode & 0o111) !== 0;
      });
  } catch (error) {
    if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return [];
    throw error;
  }
}

/** What a hook ends with; 1 where a signal ended it, or it could not be started. */
function statusOf(hook: string, commandLine: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = start(hook, commandLine, { stdio: "inherit" });
    child.once("error", () => resolve(1));
    child.once("exit", (status) => resolve(status ?? 1));
  });
}
