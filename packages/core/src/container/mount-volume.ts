import { run } from "../process/index.ts";
import { MountOutsideError, NotMountedError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { volumeSource } from "./local-volume.ts";
import { mountPoints } from "./mount-points.ts";

type MountHost = Pick<ContainerHost, "store" | "procRoot" | "uid">;

/**
 * Shows the files of a volume, in the mount namespace of this process; what its options name is mounted for it. Gives the folder.
 *
 * @throws {MountOutsideError} for a user who is not in the namespace of `unshare`
 */
export async function mountVolume({ store, procRoot, uid }: MountHost, text: string): Promise<string> {
  if (uid !== 0) throw new MountOutsideError();
  const { name, options } = store.volumes.get(text);
  const source = volumeSource(options);
  const path = store.volumes.path(name);
  if (source.kind === "folder" || mountPoints(procRoot).has(path)) return path;
  const words = source.options.filter((word) => word !== "bind" && word !== "rbind" && word !== "copy");
  const flags = words.length === 0 ? [] : ["-o", words.join(",")];
  if (source.kind === "bind") await run("mount", ["--rbind", ...flags, source.device, path]);
  else await run("mount", ["-t", source.type, ...flags, source.device, path]);
  return path;
}

/**
 * Takes away again what `mountVolume` has mounted; a volume that is a folder stays where it is. Gives the volume's name.
 *
 * @throws {NotMountedError} when it is not mounted here
 */
export async function unmountVolume({ store, procRoot, uid }: MountHost, text: string): Promise<string> {
  if (uid !== 0) throw new MountOutsideError();
  const { name, options } = store.volumes.get(text);
  if (volumeSource(options).kind === "folder") return name;
  const path = store.volumes.path(name);
  if (!mountPoints(procRoot).has(path)) throw new NotMountedError("volume", name);
  await run("umount", ["--recursive", path]);
  return name;
}
