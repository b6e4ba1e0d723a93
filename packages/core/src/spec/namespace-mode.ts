import { InvalidNamespaceModeError } from "./errors.ts";

/** Namespaces that `--pid`, `--ipc`, `--uts` and `--cgroupns` choose. */
export type NamespaceKind = "pid" | "ipc" | "uts" | "cgroup";

/** Where a container's namespace of one kind comes from. */
export type NamespaceMode =
  | { readonly kind: "private" }
  | { readonly kind: "host" }
  /** ipc only: private, and others may join it; the default. */
  | { readonly kind: "shareable" }
  /** ipc only: private, without /dev/shm. */
  | { readonly kind: "none" }
  /** That of another container, as the user named it. */
  | { readonly kind: "container"; readonly container: string }
  | { readonly kind: "path"; readonly path: string };

const WORDS: Readonly<Record<NamespaceKind, readonly string[]>> = {
  pid: ["private", "host"],
  ipc: ["private", "host", "shareable", "none"],
  uts: ["private", "host"],
  cgroup: ["private", "host"],
};

/**
 * Reads `host`, `private`, `container:NAME`, `ns:/PATH`, and for ipc `none` and `shareable`.
 *
 * @throws {InvalidNamespaceModeError}
 */
export function parseNamespaceMode(kind: NamespaceKind, text: string): NamespaceMode {
  if (text === "") return { kind: kind === "ipc" ? "shareable" : "private" };
  const colon = text.indexOf(":");
  const word = colon === -1 ? text : text.slice(0, colon);
  const rest = colon === -1 ? "" : text.slice(colon + 1);
  if (word === "container" && rest !== "") return { kind: "container", container: rest };
  if (word === "ns" && rest.startsWith("/")) return { kind: "path", path: rest };
  if (colon === -1 && WORDS[kind].includes(word))
    return { kind: word as "private" | "host" | "shareable" | "none" };
  throw new InvalidNamespaceModeError(kind === "cgroup" ? "cgroupns" : kind, text, WORDS[kind]);
}

/** As it was typed, for `inspect`. */
export function formatNamespaceMode(mode: NamespaceMode): string {
  if (mode.kind === "container") return `container:${mode.container}`;
  return mode.kind === "path" ? `ns:${mode.path}` : mode.kind;
}
