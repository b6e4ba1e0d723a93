import { WherryError } from "../error/index.ts";

/** Neither the user nor the image says what to run. */
export class NoCommandError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_COMMAND";
  constructor(image: string) {
    super(`no command or entrypoint provided, and no CMD or ENTRYPOINT from image ${image}`, {
      hint: "add the command after the image's name",
    });
  }
}

/** A name that a container cannot have. */
export class InvalidContainerNameError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_CONTAINER_NAME";
  constructor(name: string) {
    super(`invalid container name ${JSON.stringify(name)}: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*`);
  }
}

/** A container is not in the state that the command needs. */
export class ContainerStateError extends WherryError {
  override readonly code = "ERR_WHERRY_CONTAINER_STATE";
  constructor(action: string, name: string, status: string, hint?: string) {
    super(
      `cannot ${action} container ${name}: it is ${status}: container state improper`,
      hint === undefined ? {} : { hint },
    );
  }
}

/** A host path that should be mounted is not there. */
export class MountSourceMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_MOUNT_SOURCE_MISSING";
  constructor(path: string) {
    super(`statfs ${path}: no such file or directory`, {
      hint: "create it first: a path that is missing is not made, so that a misspelt one is noticed",
    });
  }
}

/** The program that becomes process 1 with --init is not installed. */
export class InitMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_INIT_MISSING";
  constructor() {
    super("catatonit not found, which is needed for --init", {
      hint: "install catatonit with the system's package manager (`wherry doctor` shows this as catatonit)",
    });
  }
}

/** A signal that does not exist. */
export class InvalidSignalError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SIGNAL";
  constructor(text: string) {
    super(`invalid signal: ${text}`);
  }
}

/** A container that should be gone has processes that do not end. */
export class ContainerStuckError extends WherryError {
  override readonly code = "ERR_WHERRY_CONTAINER_STUCK";
  constructor(name: string, pids: readonly number[]) {
    super(`container ${name} does not end: processes ${pids.join(", ")} still run after SIGKILL`, {
      hint: "they wait for the kernel, mostly for a file system that does not answer",
    });
  }
}

/** A start was broken off by a signal. */
export class StartInterruptedError extends WherryError {
  override readonly code = "ERR_WHERRY_START_INTERRUPTED";
  override readonly exitStatus: number;
  constructor(signal: string, exitStatus: number) {
    super(`the start was interrupted by ${signal}`);
    this.exitStatus = exitStatus;
  }
}

/** A detach sequence that cannot be read. */
export class InvalidDetachKeysError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_DETACH_KEYS";
  constructor(text: string) {
    super(`invalid detach keys ${JSON.stringify(text)}`, { hint: "write keys such as ctrl-p,ctrl-q or a,b" });
  }
}
