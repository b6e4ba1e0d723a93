import { quote } from "./quote.ts";
import type { Overlay } from "./overlay.ts";

/** What is done in a container's mount namespace before the runtime makes the container. */
export type Preparation =
  /** Copies a tree, owners and all: an image's content into a new volume. */
  | { readonly kind: "copy"; readonly from: string; readonly to: string }
  | {
      readonly kind: "chown";
      readonly path: string;
      readonly uid: number;
      readonly gid: number;
      readonly recursive: boolean;
    }
  /** Mounts an overlay; `empty` names folders that begin empty. */
  | { readonly kind: "overlay"; readonly overlay: Overlay; readonly empty: readonly string[] }
  | { readonly kind: "bind"; readonly from: string; readonly to: string }
  /** Mounts a part of a tree that others may change meanwhile: it must still be where it was found. */
  | {
      readonly kind: "part";
      /** Folder without symbolic links. */
      readonly folder: string;
      /** File in it; absent for the folder itself. */
      readonly file?: string;
      readonly target: string;
    }
  /** Mounts a file system that is in memory, and only root of the user namespace may look into. */
  | { readonly kind: "memory"; readonly folder: string }
  /** Puts a file in place, for its owner alone until it has the mode. */
  | {
      readonly kind: "file";
      readonly from: string;
      readonly to: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** Lines of a script of sh that run as root of the user namespace, where the first failure ends all. */
export function preparationLines(
  preparation: Preparation,
  mountOverlay: (overlay: Overlay) => string[],
): string[] {
  switch (preparation.kind) {
    case "copy": {
      const { from, to } = preparation;
      return [`cp -a -- ${quote(`${from}/.`)} ${quote(`${to}/`)}`];
    }
    case "chown": {
      const { path, uid, gid, recursive } = preparation;
      return [`chown -h ${recursive ? "-R " : ""}${uid}:${gid} -- ${quote(path)}`];
    }
    case "overlay": {
      const { overlay, empty } = preparation;
      return [
        ...empty.flatMap((folder) => [`rm -rf -- ${quote(folder)}`, `mkdir -p -- ${quote(folder)}`]),
        ...mountOverlay(overlay),
      ];
    }
    case "bind":
      return [`mount --rbind ${quote(preparation.from)} ${quote(preparation.to)}`];
    case "memory":
      return [`mount -t tmpfs -o mode=0700,nosuid,nodev,noexec tmpfs ${quote(preparation.folder)}`];
    case "part": {
      const { folder, file, target } = preparation;
      return [
        `cd -P -- ${quote(folder)}`,
        `[ "$(pwd -P)" = ${quote(folder)} ] || { echo ${quote(`${folder} was moved`)} >&2; exit 1; }`,
        `mount -c --bind ${quote(file === undefined ? "." : `./${file}`)} ${quote(target)}`,
      ];
    }
    case "file": {
      const { from, to, mode, uid, gid } = preparation;
      return [
        `cp -- ${quote(from)} ${quote(to)}`,
        `chown ${uid}:${gid} -- ${quote(to)}`,
        `chmod ${mode.toString(8)} -- ${quote(to)}`,
      ];
    }
  }
}
