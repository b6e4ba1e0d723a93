import { join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { run } from "../process/index.ts";
import { launchScript, prepareOverlay } from "../runtime/index.ts";
import { removeTree, type StoredImage } from "../store/index.ts";
import { ensureLayers } from "./ensure-layers.ts";
import { MountOutsideError, NotMountedError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { mountPoints } from "./mount-points.ts";
import { lazyWorker } from "./remove.ts";

type MountHost = Pick<ContainerHost, "store" | "procRoot">;

/** Where the files of an image are while they are mounted. */
export function imageMountPoint({ store }: Pick<ContainerHost, "store">, { id }: StoredImage): string {
  return join(folderOf(store.paths.imageMounts, id), "rootfs");
}

/**
 * Whether the files of an image are mounted in the mount namespace of this process.
 *
 * @param mounted where something is mounted, for those who ask of many
 */
export function isImageMounted(
  host: MountHost,
  image: StoredImage,
  mounted: ReadonlySet<string> = mountPoints(host.procRoot),
): boolean {
  return mounted.has(imageMountPoint(host, image));
}

/**
 * Mounts the files of an image, to be read, in the mount namespace of this process, where they stay until they are unmounted or
 * the namespace ends. Gives the folder.
 *
 * @throws {MountOutsideError} for a user who is not in the namespace of `unshare`
 */
export async function mountImage(host: ContainerHost, image: StoredImage): Promise<string> {
  if (host.uid !== 0) throw new MountOutsideError();
  const target = imageMountPoint(host, image);
  if (isImageMounted(host, image)) return target;
  await ensureLayers(host, image, host.store.images.readConfig(image));
  const folder = folderOf(host.store.paths.imageMounts, image.id);
  const [upper, work] = [join(folder, "upper"), join(folder, "work")];
  for (const path of [upper, work]) makeDirectory(path, 0o755);
  const layers = image.diffIds.map((diffId) => host.store.layers.path(diffId));
  const overlay = prepareOverlay({ layers, upper, work, target, links: join(folder, "links") });
  const program = ["mount", "-o", "remount,bind,ro", target];
  await run("sh", ["-c", launchScript({ overlay, folder: "/", program })]);
  recordEvent(host, image, "mount");
  return target;
}

/**
 * Takes the files of an image away again that `mountImage` has mounted.
 *
 * @throws {NotMountedError} when they are not mounted here
 */
export async function unmountImage(host: ContainerHost, image: StoredImage): Promise<void> {
  if (host.uid !== 0) throw new MountOutsideError();
  if (!isImageMounted(host, image)) throw new NotMountedError("image", image.names[0] ?? image.id);
  await run("umount", [imageMountPoint(host, image)]);
  await removeTree(folderOf(host.store.paths.imageMounts, image.id), lazyWorker(host));
  recordEvent(host, image, "unmount");
}

function recordEvent(
  { store, now }: ContainerHost,
  { id, names }: StoredImage,
  status: "mount" | "unmount",
): void {
  const name = names[0] ?? id;
  store.events.record({ type: "image", status, id: id.replace("sha256:", ""), name }, now());
}

function folderOf(mounts: string, id: string): string {
  return join(mounts, id.replace("sha256:", ""));
}
