import type { CopyEvent } from "../image/index.ts";
import type { CopyProgress } from "./copy-progress.ts";
import { ProgressPace } from "./progress-pace.ts";

/**
 * Tells of a copy as JSON, one object a line, each with `event`: `start` (blobs, bytes), then of each blob (digest,
 * mediaType, size) `present`, `mounted`, `progress` (copied) or `copied`, and `manifests` or `unchanged`.
 */
export function copyAsJson(write: (text: string) => void, now: () => number): CopyProgress {
  const pace = new ProgressPace(now);
  const tell = (value: object): void => write(`${JSON.stringify(value)}\n`);
  const onEvent = (event: CopyEvent): void => {
    const { kind } = event;
    switch (kind) {
      case "start": {
        const bytes = event.blobs.reduce((sum, { size }) => sum + size, 0);
        return tell({ event: kind, blobs: event.blobs.length, bytes });
      }
      case "progress": {
        const { digest, mediaType, size } = event.blob;
        if (!pace.isDue(digest)) return;
        return tell({ event: kind, digest, mediaType, size, copied: event.copied });
      }
      case "present":
      case "mounted":
      case "copied": {
        const { digest, mediaType, size } = event.blob;
        pace.forget(digest);
        return tell({ event: kind, digest, mediaType, size });
      }
      case "manifests":
      case "unchanged":
        return tell({ event: kind });
    }
  };
  return { onEvent, [Symbol.dispose]: () => undefined };
}
