import {
  createReadStream,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  type ReadStream,
} from "node:fs";
import { join } from "node:path";
import { errnoOf } from "@wherry/core/error";
import { makeDirectory, writeFileAtomically } from "@wherry/core/io";
import {
  algorithmOf,
  encodedOf,
  MANIFEST_SIZE_LIMIT,
  MEDIA_TYPE,
  parseManifest,
  referrerEntry,
  type Descriptor,
  type Digest,
  type ImageIndex,
  type Manifest,
} from "@wherry/core/oci";
import { withIndexLock } from "@wherry/core/transport";
import { Refusal } from "./refusal.ts";

const REF_NAME = "org.opencontainers.image.ref.name";
const EMPTY: ImageIndex = { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests: [] };

/**
 * One repository: an OCI layout (image-spec image-layout.md) that other tools read and write too. Every manifest that was
 * pushed is in its index.json, with its tag where it has one.
 */
export class LayoutRepository {
  readonly path: string;
  /** What manifests say of their subject; a digest never says anything else. */
  readonly #subjects = new Map<
    Digest,
    { readonly subject: Digest | undefined; readonly entry: Descriptor }
  >();

  constructor(path: string) {
    this.path = path;
  }

  get exists(): boolean {
    return existsSync(join(this.path, "oci-layout"));
  }

  /** Makes the layout's folders and files that are missing. */
  create(): void {
    makeDirectory(join(this.path, "blobs", "sha256"), 0o755);
    if (!this.exists) writeFileAtomically(join(this.path, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
    if (existsSync(this.#indexPath)) return;
    withIndexLock(this.path, () => {
      if (!existsSync(this.#indexPath)) this.#writeIndex(EMPTY);
    });
  }

  /** Where a blob is or will be. */
  blobPath(digest: Digest): string {
    return join(this.path, "blobs", algorithmOf(digest), encodedOf(digest));
  }

  /** Bytes of a blob; undefined when it is not there. A link is none: it could lead anywhere. */
  blobSize(digest: Digest): number | undefined {
    const stat = lstatSync(this.blobPath(digest), { throwIfNoEntry: false });
    return stat?.isFile() === true ? stat.size : undefined;
  }

  openBlob(digest: Digest, start: number, end: number): ReadStream {
    return createReadStream(this.blobPath(digest), { start, end, highWaterMark: 256 * 1024 });
  }

  /** Takes a blob over from another repository, as one more name of the same file. */
  linkBlob(digest: Digest, from: LayoutRepository): void {
    this.create();
    mkdirSync(join(this.path, "blobs", algorithmOf(digest)), { recursive: true });
    try {
      linkSync(from.blobPath(digest), this.blobPath(digest));
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") throw error;
    }
  }

  deleteBlob(digest: Digest): void {
    rmSync(this.blobPath(digest), { force: true });
  }

  /** The manifest under a tag or digest, with its exact bytes; undefined when there is none. */
  manifest(reference: string): Manifest | undefined {
    const { manifests } = this.#readIndex();
    const isHere = ({ digest, annotations }: Descriptor): boolean =>
      reference.includes(":") ? digest === reference : annotations?.[REF_NAME] === reference;
    const entry = manifests.find(isHere);
    const digest = entry?.digest ?? (reference.includes(":") ? (reference as Digest) : undefined);
    const size = digest === undefined ? undefined : this.blobSize(digest);
    if (digest === undefined || size === undefined || size > MANIFEST_SIZE_LIMIT) return undefined;
    try {
      const bytes = readFileSync(this.blobPath(digest));
      const manifest = parseManifest(bytes, entry?.mediaType, algorithmOf(digest));
      return manifest.descriptor.digest === digest ? manifest : undefined;
    } catch {
      return undefined; // a blob that is no manifest
    }
  }

  /** Stores a manifest, and moves the tag to it. */
  putManifest(manifest: Manifest, tag: string | undefined): void {
    this.create();
    const { mediaType, digest, size } = manifest.descriptor;
    writeFileAtomically(this.blobPath(digest), manifest.bytes);
    withIndexLock(this.path, () => this.#enter(this.#readIndex(), { mediaType, digest, size }, tag));
  }

  #enter(index: ImageIndex, { mediaType, digest, size }: Descriptor, tag: string | undefined): void {
    const isBare = (entry: Descriptor): boolean =>
      entry.digest === digest && entry.annotations?.[REF_NAME] === undefined;
    if (tag === undefined && index.manifests.some((entry) => entry.digest === digest)) return;
    const others = index.manifests.filter(
      (entry) => !isBare(entry) && (tag === undefined || entry.annotations?.[REF_NAME] !== tag),
    );
    const left = index.manifests.filter(
      (entry) => tag !== undefined && entry.annotations?.[REF_NAME] === tag && entry.digest !== digest,
    );
    const bare = left
      .filter((entry) => !others.some((other) => other.digest === entry.digest))
      .map(withoutTag);
    const entry = {
      mediaType,
      digest,
      size,
      ...(tag === undefined ? {} : { annotations: { [REF_NAME]: tag } }),
    };
    this.#writeIndex({ ...index, manifests: [...others, ...bare, entry] });
  }

  /** Deletes a tag, or a manifest with all its tags. */
  deleteManifest(reference: string): void {
    withIndexLock(this.path, () => this.#remove(this.#readIndex(), reference));
  }

  #remove(index: ImageIndex, reference: string): void {
    if (reference.includes(":")) {
      this.#writeIndex({ ...index, manifests: index.manifests.filter(({ digest }) => digest !== reference) });
      this.deleteBlob(reference as Digest);
      return;
    }
    const gone = index.manifests.filter(({ annotations }) => annotations?.[REF_NAME] === reference);
    const others = index.manifests.filter((entry) => !gone.includes(entry));
    const bare = gone
      .filter(({ digest }) => !others.some((other) => other.digest === digest))
      .map(withoutTag);
    this.#writeIndex({ ...index, manifests: [...others, ...bare] });
  }

  /** All tags, sorted. */
  tags(): string[] {
    return [
      ...new Set(this.#readIndex().manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? [])),
    ].sort();
  }

  /** What refers to a manifest (distribution-spec "Listing Referrers"). */
  referrers(subject: Digest): Descriptor[] {
    const digests = new Set(this.#readIndex().manifests.map(({ digest }) => digest));
    return [...digests].flatMap((digest) => {
      const known = this.#subjects.get(digest) ?? this.#readSubject(digest);
      return known?.subject === subject ? [known.entry] : [];
    });
  }

  get #indexPath(): string {
    return join(this.path, "index.json");
  }

  #readSubject(digest: Digest): { subject: Digest | undefined; entry: Descriptor } | undefined {
    const manifest = this.manifest(digest);
    if (manifest === undefined) return undefined;
    const found = { subject: manifest.content.subject?.digest, entry: referrerEntry(manifest) };
    this.#subjects.set(digest, found);
    return found;
  }

  #readIndex(): ImageIndex {
    if (!existsSync(this.#indexPath)) return EMPTY;
    const manifest = parseManifest(readFileSync(this.#indexPath), MEDIA_TYPE.ociIndex);
    return manifest.kind === "index" ? manifest.content : EMPTY;
  }

  #writeIndex(index: ImageIndex): void {
    const text = JSON.stringify(index);
    if (text.length > MANIFEST_SIZE_LIMIT)
      throw new Refusal(507, "SIZE_INVALID", "the repository has as many manifests as an index can name");
    writeFileAtomically(this.#indexPath, text);
  }
}

function withoutTag({ mediaType, digest, size }: Descriptor): Descriptor {
  return { mediaType, digest, size };
}
