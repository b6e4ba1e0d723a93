import type { CopyEvent } from "@wherry/core/image";
import type { Descriptor } from "@wherry/core/oci";

/** Counts what becomes of the blobs of a copy, for the JSON that tells of it. */
export class CopyResult {
  readonly #blobs = { copied: 0, mounted: 0, present: 0 };
  #bytes = 0;

  readonly onEvent = (event: CopyEvent): void => {
    if (event.kind !== "copied" && event.kind !== "mounted" && event.kind !== "present") return;
    this.#blobs[event.kind] += 1;
    if (event.kind === "copied") this.#bytes += event.blob.size;
  };

  /** What was done, as one line of JSON. @param root what is at the destination now */
  line(source: string, destination: string, { mediaType, digest, size }: Descriptor): string {
    return JSON.stringify({
      ...{ source, destination, mediaType, digest, size },
      blobs: this.#blobs,
      bytes: this.#bytes,
    });
  }
}
