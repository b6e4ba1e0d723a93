import { WherryError } from "../error/index.ts";

/** The user a container should run as has no entry in the image's /etc/passwd. */
export class UnknownUserError extends WherryError {
  override readonly code = "ERR_WHERRY_UNKNOWN_USER";
  constructor(name: string) {
    super(`unable to find user ${name}: no matching entries in passwd file`, {
      hint: "give a numeric uid, or a user the image has",
    });
  }
}

/** A group a container should have is not in the image's /etc/group. */
export class UnknownGroupError extends WherryError {
  override readonly code = "ERR_WHERRY_UNKNOWN_GROUP";
  constructor(name: string) {
    super(`unable to find group ${name}: no matching entries in group file`, {
      hint: "give a numeric gid, or a group the image has",
    });
  }
}

/** A text that should name a user is none. */
export class InvalidUserError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_USER";
  constructor(text: string, why: string) {
    super(`invalid user ${JSON.stringify(text)}: ${why}`);
  }
}

/** A capability the kernel does not know. */
export class UnknownCapabilityError extends WherryError {
  override readonly code = "ERR_WHERRY_UNKNOWN_CAPABILITY";
  constructor(name: string) {
    super(`${JSON.stringify(name)}: unknown capability`, {
      hint: "capabilities(7) lists them, such as NET_ADMIN; ALL stands for every one",
    });
  }
}

/** A seccomp profile that cannot be read. */
export class InvalidSeccompProfileError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SECCOMP_PROFILE";
  constructor(path: string, why: string, cause?: unknown) {
    super(`invalid seccomp profile ${path}: ${why}`, { cause });
  }
}

/** A mount, volume or tmpfs written in a way we cannot read. */
export class InvalidMountError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_MOUNT";
  constructor(text: string, why: string, hint?: string) {
    super(`invalid mount ${JSON.stringify(text)}: ${why}`, hint === undefined ? {} : { hint });
  }
}

/** A `--secret` that cannot be read. */
export class InvalidSecretError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SECRET";
  constructor(text: string, why: string) {
    super(`${why}: error parsing secret ${JSON.stringify(text)}`, {
      hint: "write NAME[,type=mount|env][,target=…][,uid=…][,gid=…][,mode=…]",
    });
  }
}

/** Two mounts want the same place. */
export class DuplicateMountError extends WherryError {
  override readonly code = "ERR_WHERRY_DUPLICATE_MOUNT";
  constructor(destination: string) {
    super(`${destination}: duplicate mount destination`);
  }
}

/** A limit such as `--ulimit nofile=1024:2048` that cannot be read. */
export class InvalidLimitError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_LIMIT";
  constructor(text: string, why: string) {
    super(`invalid ulimit ${JSON.stringify(text)}: ${why}`, {
      hint: "write it as NAME=SOFT[:HARD], such as nofile=1024:2048",
    });
  }
}

/** A file of an OCI hook cannot be understood. */
export class InvalidHookError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_HOOK";
  constructor(path: string, why: string) {
    super(`OCI hook ${path}: ${why}`, { hint: "correct it as oci-hooks(5) says, or leave its folder out" });
  }
}

/** A value of --pid, --ipc, --uts or --cgroupns that names no namespace. */
export class InvalidNamespaceModeError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_NAMESPACE_MODE";
  constructor(flag: string, text: string, words: readonly string[]) {
    super(`--${flag}: unrecognized namespace mode ${JSON.stringify(text)} passed`, {
      hint: `write ${words.join(", ")}, container:NAME or ns:/PATH`,
    });
  }
}

/** A value of --security-opt that says nothing we know. */
export class InvalidSecurityOptionError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SECURITY_OPTION";
  constructor(text: string, why: string) {
    super(`invalid --security-opt ${JSON.stringify(text)}: ${why}`);
  }
}

/** A kernel parameter that a container may not have, or not with these namespaces. */
export class InvalidSysctlError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SYSCTL";
  constructor(name: string, why: string) {
    super(`sysctl ${name} is not allowed: ${why}`);
  }
}

/** A setting of a container's process or user that cannot be read. */
export class InvalidSettingError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SETTING";
  constructor(flag: string, text: string, why: string) {
    super(`invalid --${flag} ${JSON.stringify(text)}: ${why}`);
  }
}
