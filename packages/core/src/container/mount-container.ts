import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { run } from "../process/index.ts";
import { launchScript } from "../runtime/index.ts";
import { ContainerStateError, MountOutsideError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { containerState } from "./list.ts";
import { mountPoints } from "./mount-points.ts";
import { containerPaths } from "./paths.ts";
import { recordContainerEvent } from "./record-event.ts";
import type { Container } from "./settings.ts";
import { lowerLayers, rootMount } from "./root-layers.ts";

type MountHost = Pick<ContainerHost, "store" | "runtimeDir" | "procRoot" | "uid" | "now">;

/**
 * Mounts the files of a container in the mount namespace of this process, where it stays until it is unmounted or the
 * namespace ends. A running container's are looked at where they are. Gives the folder.
 *
 * @throws {MountOutsideError} for a user who is not in the namespace of `unshare`
 */
export async function mountContainer(host: MountHost, container: Container): Promise<string> {
  if (host.uid !== 0) throw new MountOutsideError();
  const paths = containerPaths(host, container.id);
  const state = containerState(host, container);
  if (state.status === "running" || state.status === "starting")
    return join(host.procRoot, String(state.record.monitor.pid), `root${paths.rootfs}`);
  if (!isMounted(host, container)) {
    for (const folder of [paths.upper, paths.work]) if (!existsSync(folder)) makeDirectory(folder, 0o755);
    const links = join(paths.directory, "mount-links");
    const overlay = rootMount(container, {
      ...paths,
      layers: lowerLayers(host, container),
      target: paths.rootfs,
      links,
    });
    await run("sh", ["-c", launchScript({ overlay, folder: "/", program: ["true"] })]);
    recordContainerEvent(host, container, "mount");
  }
  return paths.rootfs;
}

/**
 * Takes the files of a container away again that `mountContainer` has mounted.
 *
 * @throws {ContainerStateError} when they are not mounted here
 */
export async function unmountContainer(host: MountHost, container: Container): Promise<void> {
  if (host.uid !== 0) throw new MountOutsideError();
  if (!isMounted(host, container)) {
    const { status } = containerState(host, container);
    throw new ContainerStateError("unmount", container.name, status, "it is not mounted here");
  }
  await run("umount", [containerPaths(host, container.id).rootfs]);
  recordContainerEvent(host, container, "unmount");
}

/**
 * Whether the files of a container are mounted in the mount namespace of this process.
 *
 * @param mounted where something is mounted, for those who ask of many
 */
export function isMounted(
  host: MountHost,
  { id }: Container,
  mounted: ReadonlySet<string> = mountPoints(host.procRoot),
): boolean {
  return mounted.has(containerPaths(host, id).rootfs);
}
