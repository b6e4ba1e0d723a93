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
    super(
      `invalid container name ${JSON.stringify(name)}: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`,
    );
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
  constructor(path?: string) {
    if (path !== undefined) {
      super(`${path} not found, which --init-path names`, { hint: "name a program of the host" });
      return;
    }
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

/** A namespace that its container keeps to itself. */
export class NamespaceNotShareableError extends WherryError {
  override readonly code = "ERR_WHERRY_NAMESPACE_NOT_SHAREABLE";
  constructor(name: string, mode: string) {
    super(`the ipc namespace of container ${name} cannot be joined: its mode is ${mode}`, {
      hint: "make that container with --ipc shareable",
    });
  }
}

/** A time zone that this host does not know. */
export class UnknownTimezoneError extends WherryError {
  override readonly code = "ERR_WHERRY_UNKNOWN_TIMEZONE";
  constructor(name: string) {
    super(`finding timezone: unknown time zone ${name}`, {
      hint: "name a file below /usr/share/zoneinfo (package tzdata), such as Europe/Vienna, or local",
    });
  }
}

/** An AppArmor profile that cannot be applied. */
export class AppArmorError extends WherryError {
  override readonly code = "ERR_WHERRY_APPARMOR";
  constructor(profile: string, why: string) {
    super(`AppArmor profile ${JSON.stringify(profile)} cannot be used: ${why}`);
  }
}

/** A user of the host that a container should know. */
export class UnknownHostUserError extends WherryError {
  override readonly code = "ERR_WHERRY_UNKNOWN_HOST_USER";
  constructor(name: string) {
    super(`unable to find user ${name}: the host's passwd has no such user`, {
      hint: "--hostuser takes names and ids of users of the host",
    });
  }
}

/** Something that a container should have, and that this OCI runtime cannot give. */
export class RuntimeLacksError extends WherryError {
  override readonly code = "ERR_WHERRY_RUNTIME_LACKS";
  constructor(what: string, runtime: string, instead: string) {
    super(`${what} is not supported by ${runtime}`, { hint: `use --runtime ${instead}` });
  }
}

/** A path given as a device that is none. */
export class NotADeviceError extends WherryError {
  override readonly code = "ERR_WHERRY_NOT_A_DEVICE";
  constructor(path: string) {
    super(`${path}: not a device node`, { hint: "files and folders are mounted with --volume" });
  }
}

/** The kernel's freezer does not bring a container to rest. */
export class PauseError extends WherryError {
  override readonly code = "ERR_WHERRY_PAUSE";
  constructor(name: string) {
    super(`container ${name} does not come to rest: a process of it waits inside the kernel`, {
      hint: "it freezes when that wait ends; unpause lets it go on",
    });
  }
}

/** A container's health is asked for that nothing checks. */
export class NoHealthCheckError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_HEALTH_CHECK";
  constructor(name: string) {
    super(`container ${name} has no defined healthcheck`, {
      hint: "make it with --health-cmd, or of an image with a HEALTHCHECK",
    });
  }
}

/** A container cannot go because others were created to need it. */
export class ContainerRequiredError extends WherryError {
  override readonly code = "ERR_WHERRY_CONTAINER_REQUIRED";
  constructor(name: string, requirers: readonly string[]) {
    super(
      `container ${name} has dependent containers which must be removed before it: ${requirers.join(", ")}: container already exists`,
      { hint: "remove those first, or all of them in one `rm`" },
    );
  }
}

/** A container's log is asked for, and there is none. */
export class NoLogError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_LOG";
  constructor(driver: string) {
    super(
      `this container is using the '${driver}' log driver, cannot read logs: this container is not logging output`,
      {
        hint: "containers made with --log-driver k8s-file have a log",
      },
    );
  }
}

/** A container cannot be attached to: its streams are those of the command that started it. */
export class StreamsPassedError extends WherryError {
  override readonly code = "ERR_WHERRY_STREAMS_PASSED";
  constructor(name: string) {
    super(`this container is using the 'passthrough' log driver, cannot attach to container ${name}`);
  }
}

/** An ordinary user's mounts would be seen by the command alone that makes them. */
export class MountOutsideError extends WherryError {
  override readonly code = "ERR_WHERRY_MOUNT_OUTSIDE";
  constructor() {
    super("cannot mount in rootless mode outside the user namespace", {
      hint: "enter it with `wherry unshare`, and mount there",
    });
  }
}

/** An image or a volume is not mounted in the mount namespace of this process. */
export class NotMountedError extends WherryError {
  override readonly code = "ERR_WHERRY_NOT_MOUNTED";
  constructor(kind: "image" | "volume", name: string) {
    super(`${kind} ${name} is not mounted here`, {
      hint: `mount and unmount it within one \`wherry unshare\`: its mounts end with it`,
    });
  }
}

/** A container runs, and its files in the runtime folder are gone. */
export class RuntimeFilesLostError extends WherryError {
  override readonly code = "ERR_WHERRY_RUNTIME_FILES_LOST";
  constructor(action: string, name: string, path: string) {
    super(`cannot ${action} container ${name}: ${path} was removed while it ran`, {
      hint: `\`wherry restart ${name}\` makes it anew; it can be stopped and removed as ever`,
    });
  }
}

/** A file descriptor that is to be handed on is not open. */
export class DescriptorMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_DESCRIPTOR_MISSING";
  constructor(fd: number) {
    super(
      `file descriptor ${fd} is not available - the preserve-fds option requires that file descriptors must be passed`,
      {
        hint: "open it in the shell, as in `wherry exec --preserve-fds 1 CONTAINER COMMAND 3<FILE`",
      },
    );
  }
}
