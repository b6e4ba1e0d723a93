import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Container, ContainerMount, ContainerSettings } from "./settings.ts";

/** Folders of every system that anybody may pass through, and where nobody looks during a monitor's life. */
const PLACES = ["/mnt", "/srv", "/media", "/opt", "/boot"];
const OWN_FILES = ["hosts", "resolv.conf", "hostname", "localtime"];

/** The ids that root of a container with maps of its own has in the user's namespace. */
export function rootIds({ config }: Container): { readonly uid: number; readonly gid: number } | undefined {
  const { userMaps } = config;
  if (userMaps === undefined) return undefined;
  const [uid, gid] = [userMaps.uids, userMaps.gids].map(
    (maps) => maps.find(({ containerId }) => containerId === 0)?.hostId ?? 0,
  );
  return { uid: uid ?? 0, gid: gid ?? 0 };
}

/** Whether root of the container has no way through the user's folders: the user does not exist in its namespace. */
export function isHidden({ userMaps }: ContainerSettings): boolean {
  return (
    userMaps !== undefined &&
    ![userMaps.uids, userMaps.gids].every((maps) => maps.some(({ hostId }) => hostId === 0))
  );
}

/** A folder over which the root file system can be mounted so that the container's root reaches it. */
export function openPlace(mounts: readonly ContainerMount[]): string {
  const isUsed = (place: string) =>
    mounts.some((mount) => mount.type === "bind" && `${mount.source}/`.startsWith(`${place}/`));
  return PLACES.find((place) => existsSync(place) && !isUsed(place)) ?? "/mnt";
}

/** The files of a bundle that are mounted into the container, and belong to its root. */
export function ownFiles(bundle: string): string[] {
  return OWN_FILES.map((name) => join(bundle, name)).filter((path) => existsSync(path));
}

/** The host's passwd(5); empty where there is none. */
export function readPasswd(etc: string): string {
  const path = join(etc, "passwd");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
