import { goFields, goMap, GoTime } from "@wherry/core/cli";
import { volumeSource } from "@wherry/core/container";
import type { Store, VolumeRecord } from "@wherry/core/store";

/** A volume as `volume inspect` shows it, in podman's fields. */
export function inspectVolume(store: Store, volume: VolumeRecord): Record<string, unknown> {
  const { name, created, options, labels, uid, gid, isAnonymous, isFresh } = volume;
  const fields = {
    Name: name,
    Driver: "local",
    Mountpoint: store.volumes.path(name),
    CreatedAt: new GoTime(created),
    Labels: goMap({ ...labels }),
    Scope: "local",
    Options: goMap({ ...options }),
    UID: uid,
    GID: gid,
    ...(isAnonymous ? { Anonymous: true } : {}),
    MountCount: 0,
    NeedsCopyUp: isFresh && volumeSource(options).kind === "folder",
    NeedsChown: isFresh && uid === 0 && gid === 0,
    LockNumber: 0,
  };
  return goFields(fields, { Anonymous: false, Status: goMap({}), Timeout: 0, StorageID: "", Pinned: false });
}
