import { WherryError } from "../error/index.ts";

/** An option of a volume that cannot be. */
export class InvalidVolumeOptionError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_VOLUME_OPTION";
  constructor(key: string, why: string) {
    super(`invalid volume option ${JSON.stringify(key)}: ${why}`);
  }
}

/** A name that a volume or secret cannot have. */
export class InvalidNameError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_NAME";
  constructor(kind: "volume" | "secret", name: string) {
    super(
      `invalid ${kind} name ${JSON.stringify(name)}: names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*: invalid argument`,
    );
  }
}

/** What cannot be a secret. */
export class InvalidSecretDataError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SECRET_DATA";
  constructor(name?: string) {
    super(
      name === undefined
        ? "secret data must be larger than 0 and less than 512000 bytes"
        : `secret ${name} cannot be a variable of the environment: it holds a NUL byte`,
      name === undefined ? {} : { hint: "give it to the container as a file, with type=mount" },
    );
  }
}

/** Two secrets want the same place. */
export class SecretTargetError extends WherryError {
  override readonly code = "ERR_WHERRY_SECRET_TARGET";
  constructor(target: string) {
    super(`${target}: duplicate mount destination`, { hint: "give one of the secrets another target" });
  }
}

/** A part of a volume or image that should be mounted is not there. */
export class SubpathMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_SUBPATH_MISSING";
  constructor(what: string, subpath: string) {
    super(`${what} has no ${JSON.stringify(subpath)}: no such file or directory`);
  }
}

/** A kind of mount that needs root of the host. */
export class MountNeedsRootError extends WherryError {
  override readonly code = "ERR_WHERRY_MOUNT_NEEDS_ROOT";
  constructor(destination: string, option: string) {
    super(`cannot mount ${destination} with ${option}: the kernel allows it to root of the host only`, {
      hint: "use :U, which gives the files to the container's user",
    });
  }
}

/** What should be copied is not there. */
export class CopySourceMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_COPY_SOURCE_MISSING";
  constructor(path: string, container?: string) {
    super(
      container === undefined
        ? `${JSON.stringify(path)} could not be found on the host: no such file or directory`
        : `${JSON.stringify(path)} could not be found on container ${container}: no such file or directory`,
    );
  }
}

/** Nothing can be copied to that place. */
export class CopyTargetError extends WherryError {
  override readonly code = "ERR_WHERRY_COPY_TARGET";
  constructor(path: string, why: string) {
    super(`cannot copy to ${JSON.stringify(path)}: ${why}`);
  }
}

/** An instruction of `--change` that changes no image. */
export class InvalidChangeError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_CHANGE";
  constructor(text: string, why: string) {
    super(`invalid change ${JSON.stringify(text)}: ${why}`, {
      hint: "CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR are known",
    });
  }
}
