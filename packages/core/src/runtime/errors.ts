import { WherryError } from "../error/index.ts";

/** Neither crun nor runc runs containers on this host. */
export class NoRuntimeError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_RUNTIME";
  /** @param reasons what each runtime that was tried said. */
  constructor(reasons: readonly string[]) {
    super(
      reasons.length === 0
        ? "no container runtime found: neither crun nor runc is installed"
        : `no container runtime works on this host: ${reasons.join("; ")}`,
      {
        hint: "install crun with the system's package manager (`wherry doctor` shows this as runtime)",
      },
    );
  }
}

/** The container monitor is not installed. */
export class NoMonitorError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_MONITOR";
  constructor() {
    super("conmon not found, which is needed to watch over containers", {
      hint: "install conmon with the system's package manager (`wherry doctor` shows this as conmon)",
    });
  }
}

/** The layers cannot be joined to a root file system: no overlay that this user may mount. */
export class OverlayError extends WherryError {
  override readonly code = "ERR_WHERRY_OVERLAY";
  constructor(reason: string) {
    super(`cannot mount the container's layers: ${reason}`, {
      hint: "a kernel since 5.11, or fuse-overlayfs and /dev/fuse, are needed (`wherry doctor` shows this as overlay)",
    });
  }
}

/** The runtime or the monitor failed to do what it was told, for a reason that is not the user's command. */
export class RuntimeFailedError extends WherryError {
  override readonly code = "ERR_WHERRY_RUNTIME_FAILED";
  constructor(program: string, action: string, message: string) {
    super(`${program} cannot ${action}: ${message === "" ? "it gave no reason" : message}`);
  }
}

/** The program to run is not in the container: exit status 127. */
export class CommandNotFoundError extends WherryError {
  override readonly code = "ERR_WHERRY_COMMAND_NOT_FOUND";
  override readonly exitStatus = 127;
  constructor(message: string) {
    super(`${message}: OCI runtime attempted to invoke a command that was not found`, {
      hint: "look for the program's path in the image, or at the image's entrypoint",
    });
  }
}

/** The program to run is there but may not be executed: exit status 126. */
export class CommandNotExecutableError extends WherryError {
  override readonly code = "ERR_WHERRY_COMMAND_NOT_EXECUTABLE";
  override readonly exitStatus = 126;
  constructor(message: string) {
    super(`${message}: OCI permission denied`, {
      hint: "the file needs the x permission for the container's user",
    });
  }
}

/** The monitor ended before it answered. */
export class MonitorEndedError extends WherryError {
  override readonly code = "ERR_WHERRY_MONITOR_ENDED";
  constructor(reason: string) {
    super(`the container's monitor (conmon) ended before the container was made: ${reason}`);
  }
}

/** The monitor of a program that runs in a container was killed. */
export class ExecLostError extends WherryError {
  override readonly code = "ERR_WHERRY_EXEC_LOST";
  constructor() {
    super("the program's monitor (conmon) was killed: how the program ended is not known", {
      hint: "`wherry top` shows whether it still runs",
    });
  }
}

/** Nobody listens at a running container's attach socket. */
export class AttachError extends WherryError {
  override readonly code = "ERR_WHERRY_ATTACH";
  constructor(path: string, reason: string) {
    super(`cannot attach to the container at ${path}: ${reason}`);
  }
}

/** The OCI runtime that was asked for is not there. */
export class UnknownRuntimeError extends WherryError {
  override readonly code = "ERR_WHERRY_UNKNOWN_RUNTIME";
  constructor(runtime: string) {
    super(`default OCI runtime ${JSON.stringify(runtime)} not found: invalid argument`, {
      hint: "name a program on PATH or an absolute path, or leave --runtime out",
    });
  }
}

/** A limit needs a cgroup controller that this user does not have. */
export class MissingControllerError extends WherryError {
  override readonly code = "ERR_WHERRY_MISSING_CONTROLLER";
  /** @param present the controllers that are there */
  constructor(controller: string, flag: string, folder: string, present: readonly string[]) {
    super(
      `${flag} needs the cgroup controller ${controller}, which ${folder} does not have (it has ${present.join(" ") || "none"})`,
      {
        hint: folder.includes("/unified")
          ? "the controller belongs to cgroup version 1 on this host: boot with systemd.unified_cgroup_hierarchy=1"
          : `as root, write "[Service]\\nDelegate=cpu cpuset io memory pids" to /etc/systemd/system/user@.service.d/delegate.conf, run systemctl daemon-reload and log in again`,
      },
    );
  }
}

/** A limit needs a cgroup, and the container cannot have one. */
export class NoCgroupError extends WherryError {
  override readonly code = "ERR_WHERRY_NO_CGROUP";
  constructor(flag: string, why: string) {
    super(`${flag} needs a cgroup of the container's own: ${why}`, {
      hint: "log in with a systemd user session, or start this in a cgroup delegated to you, as `systemd-run --user --scope -p Delegate=yes` makes one; without the limit the container runs",
    });
  }
}

/** A parent for a container's cgroup that it cannot have. */
export class CgroupParentError extends WherryError {
  override readonly code = "ERR_WHERRY_CGROUP_PARENT";
  constructor(parent: string, why: string) {
    super(`cannot use ${JSON.stringify(parent)} as the parent of the container's cgroup: ${why}`);
  }
}

/** The service manager's socket takes no message. */
export class NotifySocketError extends WherryError {
  override readonly code = "ERR_WHERRY_NOTIFY_SOCKET";
  constructor(path: string, errno: number) {
    super(`cannot tell the service manager through NOTIFY_SOCKET ${path}: errno ${errno}`, {
      hint: "use --sdnotify ignore where nobody listens there",
    });
  }
}
