import type { CopyEvent } from "@wherry/core/image";

/** How far the copy of one image is, in bytes of its blobs. */
interface Progress {
  size: number;
  /** Blobs that are at the destination. */
  there: number;
  readonly moving: Map<string, number>;
}

/** How far the copies of many images are, by what is told of their blobs. */
export class ImageProgress {
  readonly #images = new Map<string, Progress>();

  /** Where the image is after an event. A blob that needs no transfer counts as copied. */
  after(image: string, event: CopyEvent): { readonly copied: number; readonly size: number } {
    const progress = this.#images.get(image) ?? { size: 0, there: 0, moving: new Map<string, number>() };
    this.#images.set(image, progress);
    switch (event.kind) {
      case "start":
        progress.size = event.blobs.reduce((sum, { size }) => sum + size, 0);
        break;
      case "progress":
        progress.moving.set(event.blob.digest, event.copied);
        break;
      case "present":
      case "mounted":
      case "copied":
        progress.moving.delete(event.blob.digest);
        progress.there += event.blob.size;
        break;
      case "manifests":
      case "unchanged":
        this.#images.delete(image);
        return { copied: progress.size, size: progress.size };
    }
    const moved = [...progress.moving.values()].reduce((sum, count) => sum + count, 0);
    return { copied: progress.there + moved, size: progress.size };
  }
}
