import { ProgressDisplay, ProgressPace, type Invocation, type ProgressStyle } from "@wherry/core/cli";
import type { SyncItem, SyncOptions } from "@wherry/core/engine";
import type { CopyEvent } from "@wherry/core/image";
import { monotonicMs } from "@wherry/core/io";
import { formatTransportName } from "@wherry/core/transport";
import { ImageProgress } from "./image-progress.ts";
import { tellResult, type Listener } from "./tell.ts";
import type { ItemResult } from "./report.ts";

/** Shows on standard error what becomes of many images. Close it with `using`: what is left to say is said then. */
export interface SyncDisplay extends Listener, Disposable {
  /** What the display wants to hear of a sync. */
  readonly heard: Pick<SyncOptions, "onItemEvent"> & { readonly onResult: (result: ItemResult) => void };
}

/** How the display tells of what went wrong. */
type Others = Pick<Listener, "warn" | "fail">;

/**
 * @param quiet tell of failures only
 * @param style default bars on a terminal, plain lines elsewhere
 */
export function showSync(
  { err, errIsTerminal }: Invocation,
  others: Others,
  { quiet = false, style }: { readonly quiet?: boolean; readonly style: ProgressStyle | undefined },
): SyncDisplay {
  if (quiet) return withResults({ ...others, say: () => undefined }, () => undefined);
  switch (style ?? (errIsTerminal ? "tty" : "plain")) {
    case "tty":
      return barsFor(err, others);
    case "json":
      return objectsFor(err, others);
    case "plain":
      return linesFor(err, others);
  }
}

/** A bar for each image that is copied; what has ended stands above. */
function barsFor(write: (text: string) => void, others: Others): SyncDisplay {
  const columns = process.stderr.columns || 80;
  const display = new ProgressDisplay({ write, columns, now: monotonicMs });
  const images = new ImageProgress();
  const listener = {
    say: (text: string) => display.report({ kind: "message", text }),
    warn: (line: string) => display.around(() => others.warn(line)),
    fail: (error: unknown) => display.around(() => others.fail(error)),
  };
  const shown: SyncDisplay = withResults(listener, () => display[Symbol.dispose]());
  return {
    ...shown,
    heard: {
      onItemEvent: (item: SyncItem, event: CopyEvent) => {
        const name = formatTransportName(item.destination);
        const { copied, size } = images.after(name, event);
        if (event.kind === "start") display.report({ kind: "start", item: name, total: size });
        else display.report({ kind: "advance", item: name, done: copied });
      },
      onResult: (result) => {
        display.report({ kind: "end", item: formatTransportName(result.item.destination) });
        shown.heard.onResult(result);
      },
    },
  };
}

/** One object a line: `progress` and in the end `image` of each image, and `message`. */
function objectsFor(write: (text: string) => void, others: Others): SyncDisplay {
  const images = new ImageProgress();
  const pace = new ProgressPace(monotonicMs);
  const tell = (event: object): void => write(`${JSON.stringify(event)}\n`);
  const listener = { ...others, say: (text: string) => tell({ event: "message", text }), tell };
  const shown = withResults(listener, () => undefined);
  return {
    ...shown,
    heard: {
      ...shown.heard,
      onItemEvent: (item: SyncItem, event: CopyEvent) => {
        const destination = formatTransportName(item.destination);
        const { copied, size } = images.after(destination, event);
        if (pace.isDue(destination)) tell({ event: "progress", destination, copied, size });
      },
    },
  };
}

/** Plain lines, written together as far as they come together. */
function linesFor(write: (text: string) => void, others: Others): SyncDisplay {
  let waiting = "";
  let timer: NodeJS.Immediate | undefined;
  const flush = (): void => {
    if (timer !== undefined) clearImmediate(timer);
    timer = undefined;
    if (waiting !== "") write(waiting);
    waiting = "";
  };
  const listener = {
    say: (line: string) => {
      waiting += `${line}\n`;
      timer ??= setImmediate(flush);
    },
    warn: (line: string) => {
      flush();
      others.warn(line);
    },
    fail: (error: unknown) => {
      flush();
      others.fail(error);
    },
  };
  return withResults(listener, flush);
}

function withResults(listener: Listener, dispose: () => void): SyncDisplay {
  const onResult = (result: ItemResult): void => tellResult(result, listener);
  return { ...listener, heard: { onResult }, [Symbol.dispose]: dispose };
}
