import { VOLUME_NAME } from "../spec/index.ts";
import { VolumeExistsError, type VolumeRecord } from "../store/index.ts";
import { InvalidNameError } from "./storage-errors.ts";
import type { ContainerHost } from "./host.ts";
import { checkRootless, volumeOwner, volumeSource } from "./local-volume.ts";
import { lazyWorker, removeContainer } from "./remove.ts";
import { getContainer } from "./list.ts";
import { newVolume, recordVolumeEvent, type VolumeOptions } from "./volumes.ts";

/**
 * Makes a volume.
 *
 * @param ignore whether one of that name that exists is as good
 * @throws {VolumeExistsError | InvalidNameError | InvalidVolumeOptionError}
 */
export async function createVolume(
  host: ContainerHost,
  options: VolumeOptions,
  { ignore = false } = {},
): Promise<VolumeRecord> {
  const { name } = options;
  if (name !== undefined && !VOLUME_NAME.test(name)) throw new InvalidNameError("volume", name);
  const source = volumeSource(options.options ?? {});
  if (host.uid !== 0) checkRootless(source);
  const record = newVolume({ ...volumeOwner(options.options ?? {}), ...options }, host.now());
  try {
    host.store.volumes.insert(record);
  } catch (error) {
    if (ignore && error instanceof VolumeExistsError) return host.store.volumes.get(record.name);
    throw error;
  }
  recordVolumeEvent(host, record.name, "create");
  if ((record.uid !== 0 || record.gid !== 0) && source.kind === "folder") await giveTo(host, record);
  return record;
}

/** Only root of the user namespace can give a folder to its users. */
async function giveTo({ store, worker }: ContainerHost, { name, uid, gid }: VolumeRecord): Promise<void> {
  await (await worker()).call("give", { path: store.volumes.path(name), uid, gid, mode: 0o755 });
}

export interface RemoveVolumeOptions {
  /** The containers that mount it go too. */
  readonly force?: boolean;
  /** Seconds such a container has to end. */
  readonly timeout?: number;
}

/**
 * Removes a volume and all that is in it.
 *
 * @throws {VolumeNotFoundError | VolumeInUseError}
 */
export async function removeVolume(
  host: ContainerHost,
  text: string,
  { force = false, timeout = 10 }: RemoveVolumeOptions = {},
): Promise<void> {
  const { volumes } = host.store;
  const { name } = volumes.get(text);
  if (force)
    for (const user of volumes.users(name))
      await removeContainer(host, getContainer(host, user), { force: true, timeout });
  await volumes.remove(name, lazyWorker(host));
  recordVolumeEvent(host, name, "remove");
}
