import { createReadStream, existsSync, statSync } from "node:fs";
import { finished } from "node:stream/promises";
import { verified } from "../io/index.ts";
import { encodedOf, isDigest, type Descriptor, type Digest } from "../oci/index.ts";
import { projectIndex, readIndex } from "./index-projection.ts";
import { listOrphans, readNames } from "./staging.ts";
import { REFERRING } from "./sweep.ts";
import { checkSecrets, checkVolumes } from "./check-kept.ts";
import type { StoreParts } from "./store-parts.ts";
import type { StoredImage } from "./stored-image.ts";

/** Something in the store that is not as it should be. */
export type Problem = { readonly message: string } & (
  | { readonly kind: "database-damaged" }
  | { readonly kind: "database-lost" }
  | {
      readonly kind: "blob-missing" | "blob-damaged";
      readonly digest: Digest;
      readonly images: readonly Digest[];
    }
  | { readonly kind: "container-without-folder"; readonly id: string }
  | { readonly kind: "container-without-image"; readonly id: string }
  | { readonly kind: "volume-without-folder"; readonly name: string }
  | { readonly kind: "secret-without-data"; readonly id: string }
  | { readonly kind: "index-outdated" }
  | { readonly kind: "blob-unused" | "layer-unused"; readonly digest: Digest }
  | {
      readonly kind:
        | "staging-orphan"
        | "folder-without-container"
        | "folder-without-volume"
        | "secret-unused"
        | "unknown-file";
      readonly path: string;
    }
);

/** Untidiness takes room and is what a killed process leaves; everything else is damage, which keeps images or containers from working. */
const UNTIDY: ReadonlySet<Problem["kind"]> = new Set([
  "index-outdated",
  "blob-unused",
  "layer-unused",
  "staging-orphan",
  "folder-without-container",
  "folder-without-volume",
  "secret-unused",
  "unknown-file",
]);

/** Whether the problem keeps something from working. */
export function isDamage({ kind }: Pick<Problem, "kind">): boolean {
  return !UNTIDY.has(kind);
}

export interface CheckOptions {
  /** Read all blobs again and compare them with their digests, not only their sizes. */
  readonly digests?: boolean;
  /** Only blobs and layers that were here for so long count as unused, in ms; default any. */
  readonly unusedForMs?: number;
}

/** Everything in the store that is not as it should be, damage first. Reads only. */
export async function checkStore(
  store: StoreParts,
  { digests = false, unusedForMs = 0 }: CheckOptions = {},
): Promise<Problem[]> {
  const damage = store.database.damage();
  if (damage.length > 0)
    return [{ kind: "database-damaged", message: `the database is damaged: ${damage.join("; ")}` }];
  return [
    ...(await checkBlobs(store, digests)),
    ...checkContainers(store),
    ...checkWorking(store),
    ...checkVolumes(store),
    ...checkSecrets(store),
    ...checkIndex(store),
    ...checkUnused(store, unusedForMs),
    ...checkStaging(store),
  ];
}

async function checkBlobs(store: StoreParts, digests: boolean): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const [digest, { descriptor, images }] of expectedBlobs(store)) {
    const size = store.blobs.sizeOf(digest);
    const named = images.join(", ");
    if (size === undefined) {
      problems.push({
        kind: "blob-missing",
        digest,
        images,
        message: `blob ${digest} of image ${named} is missing`,
      });
    } else if (size !== (descriptor.size < 0 ? size : descriptor.size)) {
      const message = `blob ${digest} of image ${named} has ${size} bytes instead of ${descriptor.size}`;
      problems.push({ kind: "blob-damaged", digest, images, message });
    } else if (digests && !(await isIntact(store.blobs.path(digest), { digest, size }))) {
      const message = `blob ${digest} of image ${named} does not match its digest`;
      problems.push({ kind: "blob-damaged", digest, images, message });
    }
  }
  return problems;
}

/** The blobs that images need, as far as their manifests can be read. */
function expectedBlobs(store: StoreParts): Map<Digest, { descriptor: Descriptor; images: Digest[] }> {
  const expected = new Map<Digest, { descriptor: Descriptor; images: Digest[] }>();
  const expect = (descriptor: Descriptor, image: StoredImage): void => {
    const entry = expected.get(descriptor.digest) ?? { descriptor, images: [] };
    if (!entry.images.includes(image.id)) entry.images.push(image.id);
    expected.set(descriptor.digest, entry);
  };
  for (const image of store.images.list()) {
    expect(image.manifest, image);
    if (store.blobs.sizeOf(image.manifest.digest) !== image.manifest.size) continue;
    const { content } = store.images.readManifest(image);
    for (const blob of [content.config, ...content.layers]) expect(blob, image);
  }
  return expected;
}

async function isIntact(path: string, blob: Pick<Descriptor, "digest" | "size">): Promise<boolean> {
  const content = verified(createReadStream(path, { highWaterMark: 256 * 1024 }), blob);
  try {
    await finished(content.resume());
    return true;
  } catch {
    return false; // unreadable is as bad as altered
  }
}

function checkContainers({ containers, images, paths }: StoreParts): Problem[] {
  const problems: Problem[] = [];
  const folders = new Set(readNames(paths.containers));
  const ids = new Set(images.list().map(({ id }) => id as string));
  for (const { id, name, imageId, imageName } of containers.list()) {
    if (!folders.delete(id)) {
      problems.push({
        kind: "container-without-folder",
        id,
        message: `container ${name} has lost its files`,
      });
    }
    if (imageId !== "" && !ids.has(imageId)) {
      const message = `container ${name} has lost its image ${imageName}`;
      problems.push({ kind: "container-without-image", id, message });
    }
  }
  for (const folder of folders) {
    const path = containers.directory(folder);
    problems.push({ kind: "folder-without-container", path, message: `${path} belongs to no container` });
  }
  return problems;
}

function checkWorking({ working, paths }: StoreParts): Problem[] {
  const known = new Set(working.list().map(({ id }) => id));
  return readNames(paths.working)
    .filter((name) => !known.has(name))
    .map((name) => {
      const path = working.directory(name);
      return { kind: "folder-without-container", path, message: `${path} belongs to no container` };
    });
}

function checkIndex({ database, paths }: StoreParts): Problem[] {
  const index = readIndex(paths.index);
  if (!existsSync(paths.database)) {
    if (index === undefined || !/"digest"/.test(index)) return [];
    return [{ kind: "database-lost", message: `${paths.database} is gone, but index.json names images` }];
  }
  if (index === projectIndex(database)) return [];
  return [{ kind: "index-outdated", message: "index.json does not say what the database knows" }];
}

function checkUnused({ blobs, database, pins, paths }: StoreParts, unusedForMs: number): Problem[] {
  const used = new Set([
    ...pins.held(),
    ...[...REFERRING, "build_cache_refs"].flatMap((table) =>
      database.all(`SELECT digest FROM ${table}`).map(({ digest }) => String(digest)),
    ),
  ]);
  const problems: Problem[] = [];
  for (const digest of blobs.list()) {
    if (!used.has(digest) && isAsOld(blobs.path(digest), unusedForMs))
      problems.push({ kind: "blob-unused", digest, message: `no image uses blob ${digest}` });
  }
  for (const name of readNames(paths.layers)) {
    const digest = `sha256:${name}`;
    if (!isDigest(digest)) {
      const path = `${paths.layers}/${name}`;
      problems.push({ kind: "unknown-file", path, message: `${path} is no layer` });
    } else if (!used.has(digest) && isAsOld(paths.layer(digest), unusedForMs)) {
      problems.push({ kind: "layer-unused", digest, message: `no image uses layer ${encodedOf(digest)}` });
    }
  }
  return problems;
}

/** Whether a file or folder was last changed so long ago. */
function isAsOld(path: string, ms: number): boolean {
  if (ms <= 0) return true;
  const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return changed === undefined || Date.now() - changed >= ms;
}

function checkStaging({ paths }: StoreParts): Problem[] {
  return listOrphans(paths.staging).map((path) => ({
    kind: "staging-orphan",
    path,
    message: `${path} was left by a process that has ended`,
  }));
}
