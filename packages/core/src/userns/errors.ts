import { WherryError } from "../error/index.ts";

/** Names of the doctor's checks that explain why there is no user namespace. */
export type UserNamespaceCheck =
  | "sub-ids"
  | "newuidmap"
  | "newuidmap-setuid"
  | "max-user-namespaces"
  | "apparmor-userns"
  | "unprivileged-userns-clone"
  | "user-namespace";

/** A precondition of rootless work is missing on this host. */
export abstract class UserNamespaceError extends WherryError {
  /** The doctor's check that shows the same. */
  readonly check: UserNamespaceCheck;

  constructor(check: UserNamespaceCheck, message: string, fix: string, cause?: unknown) {
    super(message, { cause, hint: `${fix} (\`wherry doctor\` shows this as ${check})` });
    this.check = check;
  }
}

/** The user has no subordinate ids, or a range of them cannot be used. */
export class NoSubIdsError extends UserNamespaceError {
  override readonly code = "ERR_WHERRY_NO_SUB_IDS";
  /** @param line what to add to `file`. */
  constructor(file: string, userName: string, line: string) {
    super(
      "sub-ids",
      `no subordinate ids for user ${userName} in ${file}`,
      `add the line "${line}" to ${file} as root`,
    );
  }
}

/** newuidmap or newgidmap is not installed. */
export class IdMapProgramMissingError extends UserNamespaceError {
  override readonly code = "ERR_WHERRY_ID_MAP_PROGRAM_MISSING";
  constructor(program: string) {
    super(
      "newuidmap",
      `${program} not found, which is needed to use subordinate ids`,
      "install it: apt install uidmap, dnf install shadow-utils, apk add shadow-subids, pacman -S shadow",
    );
  }
}

/** newuidmap or newgidmap may not write the id maps. */
export class IdMapNotPermittedError extends UserNamespaceError {
  override readonly code = "ERR_WHERRY_ID_MAP_NOT_PERMITTED";
  constructor(program: string, cause: unknown) {
    super(
      "newuidmap-setuid",
      `${program} has lost the privilege to map user ids: it is not setuid root`,
      `run \`chmod u+s ${program}\` as root, and check that its file system is not mounted nosuid`,
      cause,
    );
  }
}

/** newuidmap or newgidmap refused for another reason, which it gives itself. */
export class IdMapRefusedError extends UserNamespaceError {
  override readonly code = "ERR_WHERRY_ID_MAP_REFUSED";
  constructor(program: string, reason: string, file: string, cause: unknown) {
    super(
      "sub-ids",
      `${program} refused the ids of ${file}: ${reason}`,
      `check that the ranges in ${file} do not overlap with those of another user`,
      cause,
    );
  }
}

/** user.max_user_namespaces leaves no user namespace to this user. */
export class UserNamespacesLimitedError extends UserNamespaceError {
  override readonly code = "ERR_WHERRY_USER_NAMESPACES_LIMITED";
  constructor(limit: string, cause?: unknown) {
    super(
      "max-user-namespaces",
      `the kernel allows no more user namespaces: user.max_user_namespaces is ${limit}`,
      "run `sysctl -w user.max_user_namespaces=28633` as root and keep it in /etc/sysctl.d",
      cause,
    );
  }
}

/** AppArmor keeps ordinary users from user namespaces (Ubuntu since 23.10). */
export class UserNamespacesConfinedError extends UserNamespaceError {
  override readonly code = "ERR_WHERRY_USER_NAMESPACES_CONFINED";
  constructor(cause?: unknown) {
    super(
      "apparmor-userns",
      "AppArmor keeps unprivileged programs from user namespaces: kernel.apparmor_restrict_unprivileged_userns is 1",
      "run `sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` as root and keep it in /etc/sysctl.d",
      cause,
    );
  }
}

/** Debian's switch for unprivileged user namespaces is off. */
export class UserNamespacesDisabledError extends UserNamespaceError {
  override readonly code = "ERR_WHERRY_USER_NAMESPACES_DISABLED";
  constructor(cause?: unknown) {
    super(
      "unprivileged-userns-clone",
      "unprivileged user namespaces are switched off: kernel.unprivileged_userns_clone is 0",
      "run `sysctl -w kernel.unprivileged_userns_clone=1` as root and keep it in /etc/sysctl.d",
      cause,
    );
  }
}

/** A user namespace cannot be made, and no known switch explains it. */
export class UserNamespaceUnavailableError extends UserNamespaceError {
  override readonly code = "ERR_WHERRY_USER_NAMESPACE_UNAVAILABLE";
  constructor(reason: string, cause?: unknown) {
    super(
      "user-namespace",
      `cannot make a user namespace: ${reason}`,
      "inside another container or a chroot, user namespaces have to be allowed from outside",
      cause,
    );
  }
}

/** The process that works inside the user namespace ended before its task did. */
export class WorkerEndedError extends WherryError {
  override readonly code = "ERR_WHERRY_WORKER_ENDED";
  constructor(task: string, ending: string, stderr: string) {
    const lastWords = stderr.trim().split("\n").at(-1) ?? "";
    super(`the worker ${ending} during ${task}${lastWords === "" ? "" : `: ${lastWords}`}`);
  }
}

/** A failure inside the worker, with the code, message and hint it had there. */
export class RemoteError extends WherryError {
  override readonly code: `ERR_WHERRY_${string}`;
  constructor(code: `ERR_WHERRY_${string}`, message: string, hint: string | undefined) {
    super(message, hint === undefined ? {} : { hint });
    this.code = code;
  }
}

/** A container cannot have the ids that were asked for. */
export class UserMapError extends WherryError {
  override readonly code = "ERR_WHERRY_USER_MAP";
  /** @param asked flag and value */
  constructor(asked: string, why: string) {
    super(`${asked}: ${why}`);
  }
}
