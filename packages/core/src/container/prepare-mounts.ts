import { closeSync, lstatSync, openSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { prepareOverlay, type Preparation } from "../runtime/index.ts";
import type { BindMount, OverlayChoice, SpecMount } from "../spec/index.ts";
import type { VolumeRecord } from "../store/index.ts";
import type { IdMap, IdMaps } from "../userns/index.ts";
import { SubpathMissingError } from "./storage-errors.ts";
import { findInLayers, type Found } from "./find-in-layers.ts";
import type { ContainerHost } from "./host.ts";
import { volumeSource } from "./local-volume.ts";
import type { ContainerPaths } from "./paths.ts";
import type { ContainerMount, ImageMount, VolumeMount } from "./settings.ts";
import { isEmptyVolume } from "./volumes.ts";

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** A container's mounts as the runtime takes them, and what has to be done before. */
export interface PreparedMounts {
  readonly mounts: readonly SpecMount[];
  /** Of sources that are not there yet: whether they will be files. */
  readonly isFile: ReadonlyMap<string, boolean>;
  /** @param user of the container, as it sees itself */
  preparations(user: User): Preparation[];
  /** Notes that new volumes have their first container, and so an owner. */
  noteUse(user: User): void;
}

interface Parts {
  readonly layers: readonly string[];
  readonly paths: Pick<ContainerPaths, "rootfs" | "mounts">;
  readonly idMaps: IdMaps;
}

interface PreparedMount {
  readonly mount: SpecMount;
  readonly isFile?: boolean;
  readonly steps?: (user: User) => Preparation[];
  readonly noteUse?: (user: User) => void;
}

/**
 * Finds out what is mounted for each of a container's mounts. Folders that are needed are made.
 *
 * @throws {SubpathMissingError}
 */
export function prepareMounts(
  host: Pick<ContainerHost, "store">,
  mounts: readonly ContainerMount[],
  parts: Parts,
): PreparedMounts {
  const prepared = mounts.map((mount, index) =>
    prepare(host, mount, { ...parts, folder: join(parts.paths.mounts, String(index)) }),
  );
  return {
    mounts: prepared.map(({ mount }) => mount),
    isFile: new Map(
      prepared.flatMap(({ mount, isFile }) =>
        isFile !== undefined && mount.type === "bind" ? [[mount.source, isFile] as const] : [],
      ),
    ),
    preparations: (user) => prepared.flatMap(({ steps }) => steps?.(user) ?? []),
    noteUse(user) {
      for (const { noteUse } of prepared) noteUse?.(user);
    },
  };
}

/** @param folder where the mount keeps what it needs */
function prepare(
  host: Pick<ContainerHost, "store">,
  mount: ContainerMount,
  parts: Parts & { readonly folder: string },
): PreparedMount {
  switch (mount.type) {
    case "bind":
      return prepareBind(mount, parts.folder);
    case "volume":
      return prepareVolume(host, mount, parts);
    case "image":
      return prepareImage(host, mount, parts.folder);
    default:
      return { mount };
  }
}

function prepareBind(mount: BindMount, folder: string, before: readonly Preparation[] = []): PreparedMount {
  const { chown = false, overlay, ...bind } = mount;
  const over = overlay === undefined ? undefined : overlayOver([bind.source], folder, overlay);
  const source = over === undefined ? bind.source : over.overlay.target;
  return {
    mount: { ...bind, source },
    steps: ({ uid, gid }) => [
      ...before,
      ...(over === undefined ? [] : [over]),
      ...(chown ? [{ kind: "chown" as const, path: source, uid, gid, recursive: true }] : []),
    ],
  };
}

/** An overlay whose upper folder is emptied at each start, or is one that the user keeps. */
function overlayOver(
  layers: readonly string[],
  folder: string,
  { upper = join(folder, "u"), work = join(folder, "w") }: OverlayChoice = {},
): Preparation & { readonly kind: "overlay" } {
  const overlay = prepareOverlay({
    layers,
    upper,
    work,
    target: join(folder, "m"),
    links: join(folder, "l"),
  });
  const own = [upper, work].filter((path) => path.startsWith(`${folder}/`));
  return { kind: "overlay", overlay, empty: own };
}

function prepareVolume(
  { store }: Pick<ContainerHost, "store">,
  mount: VolumeMount,
  { layers, paths, idMaps, folder }: Parts & { readonly folder: string },
): PreparedMount {
  const { name, destination, subpath, noCopy = false, ...access } = mount;
  const record = store.volumes.find(name);
  const source = volumeSource(record?.options ?? {});
  const common = {
    ...access,
    type: "bind" as const,
    destination,
  };
  if (source.kind === "file system")
    return {
      mount: {
        type: "special",
        fsType: source.type,
        source: source.device,
        destination,
        options: [
          ...(source.type === "tmpfs" ? ["nosuid", "nodev"] : []),
          ...source.options,
          ...(access.readOnly === true ? ["ro"] : []),
        ],
      },
    };
  const path = source.kind === "bind" ? source.device : store.volumes.path(name);
  const readOnly = source.kind === "bind" && source.options.includes("ro") ? { readOnly: true } : {};
  const fill = source.kind === "folder" && !noCopy ? fillVolume(store, mount, layers) : undefined;
  const fresh = source.kind === "folder" && record?.isFresh === true ? record : undefined;
  const part = subpath === undefined ? undefined : partOf(`volume ${name}`, path, subpath, folder);
  const bind = prepareBind({ ...common, ...readOnly, source: part?.target ?? path }, folder);
  return {
    mount: bind.mount,
    ...(part === undefined ? {} : { isFile: part.file !== undefined }),
    steps: (user) => [
      ...(fill === undefined
        ? []
        : [{ kind: "copy" as const, from: join(paths.rootfs, fill.path), to: path }]),
      ...(fresh === undefined || (fill !== undefined && !hasOwner(fresh))
        ? []
        : [{ kind: "chown" as const, path, recursive: false, ...ownerOf(fresh, user) }]),
      ...(part === undefined ? [] : [part]),
      ...(bind.steps?.(user) ?? []),
    ],
    noteUse(user) {
      if (fresh === undefined) return;
      store.volumes.use(
        name,
        fill === undefined || hasOwner(fresh) ? ownerOf(fresh, user) : ownerOnDisk(fill.hostPath, idMaps),
      );
    },
  };
}

/** Whether somebody was named as owner when the volume was created. */
function hasOwner({ uid, gid }: VolumeRecord): boolean {
  return uid !== 0 || gid !== 0;
}

/** The first container's user gets a new volume, unless somebody was named for it. */
function ownerOf(record: VolumeRecord, user: User): User {
  const { uid, gid } = hasOwner(record) ? record : user;
  return { uid, gid };
}

function ownerOnDisk(path: string, { uids, gids }: IdMaps): User {
  const { uid, gid } = lstatSync(path);
  return { uid: insideId(uids, uid), gid: insideId(gids, gid) };
}

function insideId(maps: readonly IdMap[], hostId: number): number {
  const map = maps.find(({ hostId: first, size }) => first <= hostId && hostId < first + size);
  return map === undefined ? 0 : map.containerId + hostId - map.hostId;
}

/** The folder of the image whose content an empty volume takes over, with its owner. */
function fillVolume(
  store: ContainerHost["store"],
  { name, destination }: VolumeMount,
  layers: readonly string[],
): Found | undefined {
  if (!isEmptyVolume(store, name)) return undefined;
  const found = findInLayers(layers, destination);
  return found?.kind === "directory" ? found : undefined;
}

/**
 * A folder or file in a tree that containers write to, found without leaving it.
 *
 * @throws {SubpathMissingError}
 */
function partOf(
  what: string,
  tree: string,
  subpath: string,
  folder: string,
): Preparation & { readonly kind: "part" } {
  const found = findInLayers([tree], subpath);
  if (found === undefined) throw new SubpathMissingError(what, subpath);
  const root = realpathSync(tree);
  const path = resolve(root, `.${found.path}`);
  const target = join(folder, "p");
  if (found.kind === "directory") {
    makeDirectory(target);
    return { kind: "part", folder: path, target };
  }
  makeDirectory(folder);
  closeSync(openSync(target, "a", 0o600));
  return { kind: "part", folder: dirname(path), file: basename(path), target };
}

function prepareImage(
  { store }: Pick<ContainerHost, "store">,
  { diffIds, destination, readWrite = false, subpath, source }: ImageMount,
  folder: string,
): PreparedMount {
  const layers = diffIds.map((diffId) => store.layers.path(diffId));
  const overlay = overlayOver(layers, folder);
  const found = findInLayers(layers, subpath ?? "/");
  if (found === undefined) throw new SubpathMissingError(`image ${source}`, subpath ?? "/");
  return {
    mount: {
      type: "bind",
      source: join(overlay.overlay.target, found.path),
      destination,
      ...(readWrite ? {} : { readOnly: true }),
    },
    isFile: found.kind !== "directory",
    steps: () => [overlay],
  };
}
