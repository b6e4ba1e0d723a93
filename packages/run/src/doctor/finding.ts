import type { HostView } from "./host-view.ts";

/** How bad a finding is: `failure` means that no container can run, `warning` that something a user may want is lost. */
export type Level = "ok" | "note" | "warning" | "failure";

/** What a check found on this host. */
export interface Finding {
  readonly level: Level;
  /** What is there, in a few words. */
  readonly found: string;
  /** What does not work because of it. */
  readonly lost?: string;
  readonly fix?: Fix;
}

/** How to repair it: a package to install, a command for root or the user, or advice. */
export type Fix =
  | { readonly install: PackageName }
  | { readonly asRoot: string }
  | { readonly command: string }
  | { readonly advice: string };

/** One package in the words of each distribution family. */
export interface PackageName {
  readonly apt: string;
  readonly dnf: string;
  readonly apk: string;
  readonly pacman: string;
}

/** One precondition of rootless containers. */
export interface Check {
  /** Stable; error messages name it. */
  readonly id: string;
  readonly title: string;
  readonly look: (host: HostView) => Finding | Promise<Finding>;
}

/** A precondition that holds. */
export function ok(found: string): Finding {
  return { level: "ok", found };
}
