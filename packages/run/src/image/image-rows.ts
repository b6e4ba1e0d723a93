import { formatAge, formatSize, goMap, GoTime } from "@wherry/core/cli";
import type { Store, StoredImage } from "@wherry/core/store";

/** A row of `images`, in podman's names of fields. */
export interface ImageRow extends Readonly<Record<string, unknown>> {
  readonly ID: string;
  readonly Repository: string;
  readonly Tag: string;
}

export interface RowOptions {
  readonly now: Date;
  readonly fullIds: boolean;
  readonly sort?: SortField | undefined;
}

export const SORT_FIELDS = ["created", "id", "repository", "size", "tag"] as const;
export type SortField = (typeof SORT_FIELDS)[number];

/** A row for every name of every image, or one for an image without names. */
export function imageRows(store: Store, images: readonly StoredImage[], options: RowOptions): ImageRow[] {
  const rows = images.flatMap((image) =>
    (image.names.length === 0 ? [undefined] : image.names).map((name) => ({
      row: row(store, image, name, options),
      image,
    })),
  );
  if (options.sort !== undefined) rows.sort(comparison(store, options.sort));
  return rows.map((each) => each.row);
}

interface Sorted {
  readonly row: ImageRow;
  readonly image: StoredImage;
}

/** The newest first, all else from small to large. */
function comparison(store: Store, field: SortField): (a: Sorted, b: Sorted) => number {
  if (field === "created") return (a, b) => Date.parse(b.image.created) - Date.parse(a.image.created);
  if (field === "size") return (a, b) => sizeOf(store, a.image) - sizeOf(store, b.image);
  const key = ({ id: "ID", repository: "Repository", tag: "Tag" } as const)[field];
  return (a, b) => (a.row[key] < b.row[key] ? -1 : a.row[key] > b.row[key] ? 1 : 0);
}

function row(
  store: Store,
  image: StoredImage,
  name: string | undefined,
  { now, fullIds }: RowOptions,
): ImageRow {
  const { repository, tag } = splitName(name);
  return {
    ID: fullIds ? image.id : image.id.slice("sha256:".length).slice(0, 12),
    Id: image.id.slice("sha256:".length),
    Repository: repository,
    Tag: tag,
    Digest: image.manifest.digest,
    CreatedSince: formatAge(image.created, now),
    CreatedAt: new GoTime(image.created).toString(),
    CreatedTime: new GoTime(image.created).toString(),
    Created: formatAge(image.created, now),
    Size: formatSize(sizeOf(store, image)),
    SharedSize: 0,
    Labels: goMap({ ...image.labels }),
    Names: image.names,
    RepoTags: image.names,
    ParentId: "",
    ReadOnly: false,
    IsReadOnly: false,
    Dangling: image.names.length === 0,
    IsDangling: image.names.length === 0,
    IsManifestList: false,
    Arch: image.platform.architecture,
    Os: image.platform.os,
    /** These are asked for only where they are shown. */
    get VirtualSize() {
      return sizeOf(store, image);
    },
    get RepoDigests() {
      return repositoryDigests(image);
    },
    get Containers() {
      return store.containers.list().filter(({ imageId }) => imageId === image.id).length;
    },
    get History() {
      return store.images.nameHistory(image).join(", ");
    },
  };
}

/** The images as `--format json` prints them. */
export function imageJson(store: Store, images: readonly StoredImage[]): object[] {
  const containers = store.containers.list();
  return images.map((image) => ({
    Id: image.id.slice("sha256:".length),
    ParentId: "",
    RepoTags: image.names.length === 0 ? null : image.names,
    RepoDigests: repositoryDigests(image),
    Size: sizeOf(store, image),
    SharedSize: 0,
    VirtualSize: sizeOf(store, image),
    Labels: Object.keys(image.labels).length === 0 ? null : image.labels,
    Containers: containers.filter(({ imageId }) => imageId === image.id).length,
    ...(image.names.length === 0 ? { Dangling: true } : {}),
    Arch: image.platform.architecture,
    Digest: image.manifest.digest,
    History: store.images.nameHistory(image),
    IsManifestList: false,
    Names: image.names,
    Os: image.platform.os,
    Created: Math.trunc(new Date(image.created).getTime() / 1000),
    CreatedAt: image.created,
  }));
}

/** The image's manifest under each of its repositories: `registry/repository@digest`. */
export function repositoryDigests({ names, manifest }: StoredImage): string[] {
  const repositories = new Set(names.map((name) => splitName(name).repository));
  return [...repositories].map((repository) => `${repository}@${manifest.digest}`);
}

/** Bytes of the image's files; as long as a layer is not unpacked, of its blob. */
export function sizeOf(store: Store, { diffIds, size }: StoredImage): number {
  const sizes = diffIds.map((diffId) => store.layers.sizeOf(diffId));
  return sizes.every((known) => known !== undefined) ? sizes.reduce((sum, known) => sum + known, 0) : size;
}

/** The repository and the tag of an image's name; `<none>` for what it lacks. */
export function splitName(name: string | undefined): { repository: string; tag: string } {
  if (name === undefined) return { repository: "<none>", tag: "<none>" };
  const [base = ""] = name.split("@");
  const colon = base.indexOf(":", base.lastIndexOf("/") + 1);
  return colon < 0
    ? { repository: base, tag: "<none>" }
    : { repository: base.slice(0, colon), tag: base.slice(colon + 1) };
}
