import { WherryError } from "@wherry/core/error";

/** An ordinary user mounts a container where the kernel does not let them. */
export class MountOutsideError extends WherryError {
  override readonly code = "ERR_WHERRY_MOUNT_OUTSIDE";
  constructor(name: string) {
    super(`cannot mount ${name} in rootless mode outside of a user namespace`, {
      hint: "run it in a `wherry-build unshare` session",
    });
  }
}

/** What a working container is asked for cannot be done. */
export class WorkingContainerError extends WherryError {
  override readonly code = "ERR_WHERRY_WORKING_CONTAINER";
  constructor(message: string, hint?: string) {
    super(message, hint === undefined ? {} : { hint });
  }
}
