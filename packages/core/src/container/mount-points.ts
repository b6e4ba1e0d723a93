import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The folders on which something is mounted, in the mount namespace of this process. */
export function mountPoints(procRoot: string): ReadonlySet<string> {
  const lines = readFileSync(join(procRoot, "self/mountinfo"), "utf8").split("\n");
  return new Set(lines.map((line) => unescape(line.split(" ")[4] ?? "")));
}

/** Blanks and the like are octal in mountinfo (proc_pid_mountinfo(5)). */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}
