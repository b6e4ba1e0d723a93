import { UnsupportedStorageError } from "./errors.ts";

/** The drivers of containers/storage. */
const DRIVERS = new Set([
  "aufs",
  "btrfs",
  "devicemapper",
  "fuse-overlayfs",
  "overlay",
  "overlay2",
  "vfs",
  "windowsfilter",
  "zfs",
]);

/** Options of containers/storage that say how overlays are mounted; wherry finds that out by itself. */
const OVERLAY_OPTIONS = new Set([
  "force_mask",
  "ignore_chown_errors",
  "inodes",
  "mount_program",
  "mountopt",
  "override_kernel_check",
  "size",
  "skip_mount_home",
  "sync",
  "use_composefs",
]);

/**
 * Says what is to be said about a storage driver that was asked for and its options: layers are mounted with overlay,
 * whatever the name.
 *
 * @throws {UnsupportedStorageError} for what containers/storage does not know either, and for stores that cannot be had.
 */
export function checkStorageDriver(driver = "", options: readonly string[] = []): string[] {
  for (const option of options) checkOption(option);
  if (driver === "" || driver.startsWith("overlay")) return [];
  if (!DRIVERS.has(driver))
    throw new UnsupportedStorageError(`storage driver ${JSON.stringify(driver)} is not known`, "use overlay");
  return [
    `storage driver ${JSON.stringify(driver)} is not one of wherry's: layers are unpacked once and mounted with overlay`,
  ];
}

/** What of the asked-for storage is not so: one sentence each. */
export function storageNotices({
  imageStore,
  transientStore,
}: {
  readonly imageStore?: string;
  readonly transientStore?: boolean;
}): string[] {
  return [
    ...(imageStore === undefined
      ? []
      : [`image store ${imageStore} is not used: images are kept with the containers, where --root says`]),
    ...(transientStore === true
      ? [
          "a transient store is not made: containers are kept until they are removed, after a restart of the host too",
        ]
      : []),
  ];
}

function checkOption(option: string): void {
  const equals = option.indexOf("=");
  const key = (equals === -1 ? option : option.slice(0, equals)).trim().toLowerCase();
  const name = key.replace(/^(?:storage\.)?(?:[a-z0-9-]*\.)?/, "");
  if (equals === -1)
    throw new UnsupportedStorageError(
      `unable to parse storage option ${JSON.stringify(option)}`,
      "write NAME=VALUE",
    );
  if (name === "imagestore" || name === "additionalimagestore" || name === "additionallayerstore")
    throw new UnsupportedStorageError(
      `storage option ${JSON.stringify(key)}: wherry has no further stores besides its own`,
      "load the images into this store, or use --root",
    );
  if (!OVERLAY_OPTIONS.has(name))
    throw new UnsupportedStorageError(`unknown storage option ${JSON.stringify(key)}`);
}
