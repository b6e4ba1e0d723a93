import { createHash } from "node:crypto";

export interface StoredManifest {
  readonly mediaType: string;
  readonly bytes: Buffer;
}

interface Repository {
  readonly blobs: Set<string>;
  readonly manifests: Map<string, StoredManifest>;
  readonly tags: Map<string, string>;
}

interface ImageParts {
  /** Uncompressed or compressed layer bytes, the lowest first. */
  readonly layers?: readonly Uint8Array[];
  /** Merged into the image's config. */
  readonly config?: object;
  readonly layerMediaType?: string;
  readonly tag?: string;
}

/** What a registry holds. Blobs are shared between repositories, but seen only where they were pushed or mounted. */
export class RegistryStorage {
  readonly blobs = new Map<string, Buffer>();
  readonly repositories = new Map<string, Repository>();
  readonly uploads = new Map<string, { repository: string; chunks: Buffer[]; size: number }>();

  repository(name: string): Repository {
    let repository = this.repositories.get(name);
    if (repository === undefined) {
      repository = { blobs: new Set(), manifests: new Map(), tags: new Map() };
      this.repositories.set(name, repository);
    }
    return repository;
  }

  addBlob(repository: string, bytes: Uint8Array): { digest: `sha256:${string}`; size: number } {
    const digest = sha256(bytes);
    this.blobs.set(digest, Buffer.from(bytes));
    this.repository(repository).blobs.add(digest);
    return { digest, size: bytes.length };
  }

  addManifest(repository: string, bytes: Uint8Array, mediaType: string, tag?: string): `sha256:${string}` {
    const digest = sha256(bytes);
    const { manifests, tags } = this.repository(repository);
    manifests.set(digest, { bytes: Buffer.from(bytes), mediaType });
    if (tag !== undefined) tags.set(tag, digest);
    return digest;
  }

  manifest(repository: string, reference: string): (StoredManifest & { digest: string }) | undefined {
    const stored = this.repositories.get(repository);
    const digest = stored?.tags.get(reference) ?? reference;
    const manifest = stored?.manifests.get(digest);
    return manifest === undefined ? undefined : { ...manifest, digest };
  }

  blob(repository: string, digest: string): Buffer | undefined {
    return this.repositories.get(repository)?.blobs.has(digest) === true ? this.blobs.get(digest) : undefined;
  }

  /** Puts an OCI image into a repository; gives the digest of its manifest. */
  addImage(
    repository: string,
    { layers = [], config = {}, layerMediaType, tag = "latest" }: ImageParts = {},
  ) {
    const mediaType = layerMediaType ?? "application/vnd.oci.image.layer.v1.tar";
    const descriptors = layers.map((layer) => ({ mediaType, ...this.addBlob(repository, layer) }));
    const configBytes = Buffer.from(
      JSON.stringify({
        architecture: "amd64",
        os: "linux",
        rootfs: { type: "layers", diff_ids: layers.map((layer) => sha256(layer)) },
        ...config,
      }),
    );
    const manifest = {
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.oci.image.config.v1+json",
        ...this.addBlob(repository, configBytes),
      },
      layers: descriptors,
    };
    const bytes = Buffer.from(JSON.stringify(manifest));
    return { digest: this.addManifest(repository, bytes, manifest.mediaType, tag), manifest, bytes };
  }
}

function sha256(bytes: Uint8Array): `sha256:${string}` {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
