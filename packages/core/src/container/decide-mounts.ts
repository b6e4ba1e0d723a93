import { globSync } from "node:fs";
import { basename, join } from "node:path";
import type { ContainerConfig } from "../oci/index.ts";
import { DuplicateMountError, type MountRequest } from "../spec/index.ts";
import type { StoredImage } from "../store/index.ts";
import { MountSourceMissingError } from "./errors.ts";
import { InvalidVolumeOptionError, MountNeedsRootError } from "./storage-errors.ts";
import type { ContainerHost } from "./host.ts";
import { checkRootless, volumeOwner, volumeSource } from "./local-volume.ts";
import { asContainer, type ContainerMount, type VolumeMount } from "./settings.ts";
import { newVolume, newVolumeName, recordVolumeEvent } from "./volumes.ts";

export interface MountChoices {
  readonly requests: readonly MountRequest[];
  /** `CONTAINER[:ro]`: whose volumes and folders are mounted too. */
  readonly volumesFrom?: readonly string[];
  /** What the image's volumes become; default volumes of the container's own. */
  readonly imageVolumes?: "tmpfs" | "ignore";
  /** The images that requests name, by their text. */
  readonly images?: ReadonlyMap<string, StoredImage>;
}

/** The mounts of a new container, and the volumes that have to be made for them. */
export interface DecidedMounts {
  readonly mounts: readonly ContainerMount[];
  /** Adds the volumes that are missing; part of the transaction that adds the container. */
  readonly ensureVolumes: () => void;
}

/**
 * The user's mounts, those of other containers, and a volume of its own for each place where the image wants one and
 * nobody mounts anything.
 *
 * @throws {ContainerNotFoundError | DuplicateMountError | InvalidVolumeOptionError | MountSourceMissingError | MountNeedsRootError}
 */
export function decideMounts(
  host: Pick<ContainerHost, "store" | "uid" | "now">,
  { Volumes = {} }: Pick<ContainerConfig, "Volumes">,
  { requests, volumesFrom = [], imageVolumes, images = new Map<string, StoredImage>() }: MountChoices,
): DecidedMounts {
  const asked = requests.flatMap((request) => mountsFor(request, images));
  const taken = new Set<string>();
  for (const { destination } of asked) {
    const place = join("/", destination);
    if (taken.has(place)) throw new DuplicateMountError(place);
    taken.add(place);
  }
  const borrowed = volumesFrom
    .flatMap((text) => mountsOf(host, text))
    .filter(({ destination }) => !taken.has(destination) && taken.add(destination));
  const wanted = (imageVolumes === "ignore" ? [] : Object.keys(Volumes))
    .filter((destination) => destination.startsWith("/"))
    .map((destination) => join("/", destination))
    .filter((destination) => destination !== "/" && !taken.has(destination) && taken.add(destination))
    .map((destination) =>
      imageVolumes === "tmpfs" ? ({ type: "tmpfs", destination } as const) : ownVolume(destination),
    );
  const mounts = [...asked, ...borrowed, ...wanted];
  if (host.uid !== 0) checkAllowed(mounts);
  const options = new Map(
    requests.flatMap((request) =>
      request.type === "volume" && request.name !== undefined && request.volumeOptions !== undefined
        ? [[request.name, request.volumeOptions] as const]
        : [],
    ),
  );
  for (const each of options.values()) {
    const source = volumeSource(each);
    if (host.uid !== 0) checkRootless(source);
  }
  return {
    mounts,
    ensureVolumes() {
      for (const mount of mounts) if (mount.type === "volume") ensure(host, mount, options.get(mount.name));
    },
  };
}

function ensure(
  { store, now }: Pick<ContainerHost, "store" | "now">,
  { name, isAnonymous }: VolumeMount,
  options: Readonly<Record<string, string>> = {},
): void {
  const isNew = !store.volumes.has(name);
  store.volumes.ensure(newVolume({ name, isAnonymous, options, ...volumeOwner(options) }, now()));
  if (isNew) recordVolumeEvent({ store, now }, name, "create");
}

function ownVolume(destination: string): VolumeMount {
  return { type: "volume", name: newVolumeName(), isAnonymous: true, destination };
}

function mountsFor(request: MountRequest, images: ReadonlyMap<string, StoredImage>): ContainerMount[] {
  switch (request.type) {
    case "volume": {
      const { volumeOptions: _, ...rest } = request;
      return [{ ...rest, name: request.name ?? newVolumeName(), isAnonymous: request.name === undefined }];
    }
    case "image": {
      const image = images.get(request.source);
      if (image === undefined) throw new Error(`the image ${request.source} was not looked up`);
      return [{ ...request, imageId: image.id, diffIds: image.diffIds }];
    }
    case "glob": {
      const { pattern, destination, ...rest } = request;
      const paths = globSync(pattern).sort();
      if (paths.length === 0) throw new MountSourceMissingError(pattern);
      return paths.map((source) => ({
        ...rest,
        type: "bind",
        source,
        destination: destination === undefined ? source : join(destination, basename(source)),
      }));
    }
    default:
      return [request];
  }
}

/** Volumes and folders of another container, as `--volumes-from` takes them. */
function mountsOf({ store }: Pick<ContainerHost, "store">, text: string): ContainerMount[] {
  const colon = text.indexOf(":");
  const other = asContainer(store.containers.get(colon === -1 ? text : text.slice(0, colon)));
  const words = colon === -1 ? [] : text.slice(colon + 1).split(",");
  const unknown = words.find((word) => !["ro", "rw", "z", ""].includes(word));
  if (unknown !== undefined) throw new InvalidVolumeOptionError(unknown, "--volumes-from takes ro, rw and z");
  return other.config.mounts.flatMap((mount) => {
    if (mount.type !== "volume" && mount.type !== "bind") return [];
    const { readOnly, ...rest } = mount;
    const isReadOnly = words.includes("ro") || (readOnly === true && !words.includes("rw"));
    return [{ ...rest, ...(isReadOnly ? { readOnly: true } : {}) }];
  });
}

function checkAllowed(mounts: readonly ContainerMount[]): void {
  for (const mount of mounts)
    if ("options" in mount && mount.options.includes("idmap"))
      throw new MountNeedsRootError(mount.destination, "idmap");
}
