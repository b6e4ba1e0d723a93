import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { packLayout, stagingName, sweepStaging, type TransportName } from "../transport/index.ts";
import { ArchiveIncompleteError } from "./errors.ts";
import type { SyncResult } from "./image-sync.ts";

/**
 * The archives that a sync writes. The images of each come together in a layout beside it, many at a time as everywhere; the
 * archive is made of that once all of them are there, and what was under its name before stays until then.
 */
export class ArchiveTargets implements Disposable {
  readonly #layouts = new Map<string, string>();

  /** Where an image is written to: of an archive the layout beside it, else the place itself. Nothing is made yet. */
  placeOf(destination: TransportName): TransportName {
    if (destination.transport !== "oci-archive") return destination;
    const { path } = destination;
    const layout = this.#layouts.get(path) ?? join(dirname(path), stagingName());
    this.#layouts.set(path, layout);
    return { ...destination, transport: "oci", path: layout };
  }

  /** Writes the archives, and gives what then has become of the images. One without all its images is not written. */
  async write(results: readonly SyncResult[]): Promise<SyncResult[]> {
    const failures = new Map<string, unknown>();
    for (const [path, layout] of this.#layouts) {
      const missing = results.filter((result) => isInto(path, result) && !isDone(result)).length;
      try {
        if (missing > 0) throw new ArchiveIncompleteError(path, missing);
        sweepStaging(dirname(path));
        await packLayout(layout, path);
      } catch (error) {
        failures.set(path, error);
      }
    }
    return results.map((result): SyncResult => {
      const { item, bytes } = result;
      const { destination } = item;
      const error = destination.transport === "oci-archive" ? failures.get(destination.path) : undefined;
      return error === undefined || !isDone(result) ? result : { item, bytes, outcome: "failed", error };
    });
  }

  [Symbol.dispose](): void {
    for (const layout of this.#layouts.values()) rmSync(layout, { recursive: true, force: true });
    this.#layouts.clear();
  }
}

function isInto(path: string, { item: { destination } }: SyncResult): boolean {
  return destination.transport === "oci-archive" && destination.path === path;
}

function isDone({ outcome }: SyncResult): boolean {
  return outcome === "copied" || outcome === "unchanged";
}
