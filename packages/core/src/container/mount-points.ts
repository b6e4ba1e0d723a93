import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Whether something is mounted on exactly that folder, in the mount namespace of this process. */
export function isMountPoint(procRoot: string, path: string): boolean {
  const lines = readFileSync(join(procRoot, "self/mountinfo"), "utf8").split("\n");
  return lines.some((line) => unescape(line.split(" ")[4] ?? "") === path);
}

/** Blanks and the like are octal in mountinfo (proc_pid_mountinfo(5)). */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
