import { join } from "node:path";
import { algorithmOf, encodedOf, type Digest } from "../oci/index.ts";

/** Where the parts of a store are (image-spec image-layout.md, and our own beside it). */
export class StorePaths {
  readonly root: string;
  readonly database: string;
  readonly index: string;
  readonly layout: string;
  readonly blobs: string;
  readonly layers: string;
  readonly containers: string;
  readonly volumes: string;
  /** Of containers in which images are made step by step. */
  readonly working: string;
  /** What RUN --mount=type=cache keeps from build to build. */
  readonly cacheMounts: string;
  /** Of images that are mounted for `image mount`. */
  readonly imageMounts: string;
  readonly secrets: string;
  /** Everything half-made, and everything half-removed. */
  readonly staging: string;
  readonly reserve: string;
  readonly events: string;

  /** @param volumes folder of the volumes, where they are not in the store */
  constructor(root: string, volumes?: string) {
    this.root = root;
    this.database = join(root, "state.sqlite");
    this.index = join(root, "index.json");
    this.layout = join(root, "oci-layout");
    this.blobs = join(root, "blobs");
    this.layers = join(root, "layers");
    this.containers = join(root, "containers");
    this.volumes = volumes ?? join(root, "volumes");
    this.working = join(root, "working");
    this.cacheMounts = join(root, "cache-mounts");
    this.imageMounts = join(root, "image-mounts");
    this.secrets = join(root, "secrets");
    this.staging = join(root, "staging");
    this.reserve = join(root, "state.reserve");
    this.events = join(root, "events.log");
  }

  blob(digest: Digest): string {
    return join(this.blobs, algorithmOf(digest), encodedOf(digest));
  }

  layer(diffId: Digest): string {
    return join(this.layers, encodedOf(diffId));
  }
}
