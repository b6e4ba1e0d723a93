import { UsageError } from "@wherry/core/cli";
import type { Step } from "@wherry/core/container";
import { parseNamespaceMode, type NamespaceChoice } from "@wherry/core/spec";
import type { NamespaceTexts } from "../namespace-flags.ts";

/**
 * `--cgroupns`, `--ipc`, `--pid`, `--userns` and `--uts` as buildah takes them.
 *
 * @throws {UsageError | InvalidNamespaceModeError} also for what no command of a build can have
 */
export function parseNamespaces(
  { cgroupns, ipc, pid, userns, uts }: NamespaceTexts,
  isChroot: boolean,
  isRoot = process.getuid?.() === 0,
): Pick<Step, "namespaces"> {
  checkUserNamespace(userns, isRoot);
  const pidChoice = choiceOf("pid", pid, isChroot);
  if (pidChoice !== undefined && pidChoice !== "private" && !isChroot)
    throw new UsageError(
      `--pid ${pid}: a command may not outlive its step; only --isolation chroot shows it the host's processes`,
    );
  const choices = Object.entries({
    cgroup: choiceOf("cgroupns", cgroupns, isChroot),
    ipc: choiceOf("ipc", ipc, isChroot),
    uts: choiceOf("uts", uts, isChroot),
  }).filter(([, choice]) => choice !== undefined);
  return choices.length === 0 ? {} : { namespaces: Object.fromEntries(choices) };
}

/** Without a runtime there is only the host's. */
function choiceOf(
  flag: "cgroupns" | "ipc" | "pid" | "uts",
  text: string | undefined,
  isChroot: boolean,
): NamespaceChoice | undefined {
  if (text === undefined) return undefined;
  const written = text === "container" ? "private" : text.startsWith("/") ? `ns:${text}` : text;
  const mode = parseNamespaceMode(flag === "cgroupns" ? "cgroup" : flag, written);
  if (mode.kind === "container" || mode.kind === "none")
    throw new UsageError(`--${flag} ${text}: of a build's commands it is private, host or ns:PATH`);
  if (isChroot && mode.kind !== "host")
    throw new UsageError(`--${flag} ${text} needs an OCI runtime: --isolation chroot has the host's`);
  if (mode.kind === "path") return { path: mode.path };
  return mode.kind === "host" ? "host" : "private";
}

/** Commands of an ordinary user run in the namespace of the user's ids whatever is said, those of root in root's own. */
function checkUserNamespace(text: string | undefined, isRoot: boolean): void {
  if (text === undefined || text === "host") return;
  if (!["container", "private", "auto"].includes(text))
    throw new UsageError(`--userns ${text}: a build joins no user namespace; it is container or host`);
  if (isRoot)
    throw new UsageError(
      `--userns ${text}: commands that root builds with have no user namespace of their own; build as an ordinary user`,
    );
}
