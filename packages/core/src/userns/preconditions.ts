import { readFileSync, statSync } from "node:fs";
import { findProgram } from "../process/index.ts";
import {
  IdMapProgramMissingError,
  UserNamespacesConfinedError,
  UserNamespacesDisabledError,
  UserNamespacesLimitedError,
  type UserNamespaceError,
} from "./errors.ts";

export interface PreconditionOptions {
  readonly procRoot: string;
  /** A PATH value. */
  readonly searchPath?: string | undefined;
}

/**
 * What the kernel's switches and the installed programs say against a user namespace, the first cause first.
 * Nothing is tried; an empty list is a good sign, no promise.
 */
export function checkPreconditions({ procRoot, searchPath }: PreconditionOptions): UserNamespaceError[] {
  const problems: UserNamespaceError[] = [];
  const limit = readSwitch(procRoot, "user/max_user_namespaces");
  if (limit === "0") problems.push(new UserNamespacesLimitedError(limit));
  if (readSwitch(procRoot, "kernel/unprivileged_userns_clone") === "0")
    problems.push(new UserNamespacesDisabledError());
  if (readSwitch(procRoot, "kernel/apparmor_restrict_unprivileged_userns") === "1")
    problems.push(new UserNamespacesConfinedError());
  for (const program of ["newuidmap", "newgidmap"]) {
    if (findProgram(program, searchPath) === undefined) problems.push(new IdMapProgramMissingError(program));
  }
  return problems;
}

/** Whether a program has the set-user-ID bit and root as owner. */
export function isSetuidRoot(path: string): boolean {
  const { mode, uid } = statSync(path);
  return (mode & 0o4000) !== 0 && uid === 0;
}

function readSwitch(procRoot: string, name: string): string | undefined {
  try {
    return readFileSync(`${procRoot}/sys/${name}`, "utf8").trim();
  } catch {
    return undefined; // this kernel has no such switch
  }
}
