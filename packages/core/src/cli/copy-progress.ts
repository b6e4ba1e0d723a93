import type { CopyEvent } from "../image/index.ts";
import { monotonicMs } from "../io/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { copyAsJson } from "./json-progress.ts";
import type { Invocation } from "./invocation.ts";
import { ProgressDisplay } from "./progress.ts";

/** Shows the copying of an image on standard error, in skopeo's and podman's words. */
export interface CopyProgress extends Disposable {
  readonly onEvent: (event: CopyEvent) => void;
}

/** How progress is shown: bars that are redrawn, a line for what begins, or an object of JSON a line for programs. */
export type ProgressStyle = "tty" | "plain" | "json";

/**
 * @param quiet show nothing.
 * @param style default bars on a terminal, plain lines elsewhere.
 */
export function showCopy(
  { err, errIsTerminal }: Invocation,
  quiet: boolean,
  style: ProgressStyle = errIsTerminal ? "tty" : "plain",
): CopyProgress {
  if (quiet) return { onEvent: () => undefined, [Symbol.dispose]: () => undefined };
  if (style === "json") return copyAsJson(err, monotonicMs);
  const columns = style === "tty" ? process.stderr.columns || 80 : undefined;
  const display = new ProgressDisplay({ write: err, columns, now: monotonicMs });
  const started = new Set<string>();
  const start = (blob: Descriptor) => {
    const item = nameOf(blob);
    if (!started.has(item)) display.report({ kind: "start", item, total: blob.size });
    started.add(item);
    return item;
  };
  return {
    onEvent: (event) => {
      switch (event.kind) {
        case "start":
          return;
        case "present":
        case "mounted":
          return display.report({ kind: "end", item: start(event.blob), note: "skipped: already exists" });
        case "progress":
          return display.report({ kind: "advance", item: start(event.blob), done: event.copied });
        case "copied":
          return display.report({ kind: "end", item: start(event.blob), note: "done" });
        case "unchanged":
        case "manifests":
          return display.report({ kind: "message", text: "Writing manifest to image destination" });
      }
    },
    [Symbol.dispose]: () => display[Symbol.dispose](),
  };
}

function nameOf({ mediaType, digest }: Descriptor): string {
  const kind = /config|container\.image\.v1\+json/.test(mediaType) ? "config" : "blob";
  return `${kind} ${digest.replace(/^\w+:/, "").slice(0, 12)}`;
}
