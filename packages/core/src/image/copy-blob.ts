import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { WherryError } from "../error/index.ts";
import { counted, throttled } from "../io/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { canMountBlobs, originOf, type ImageDestination, type ImageSource } from "../transport/index.ts";
import type { CopyOptions } from "./copy-image.ts";

/** Failures that a second try may not meet. Requests to registries are tried again further down; these broke off in the middle. */
const TRANSIENT = new Set([
  "ERR_WHERRY_SIZE_MISMATCH",
  "ERR_WHERRY_DIGEST_MISMATCH",
  "ERR_WHERRY_UPLOAD_INTERRUPTED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
]);

/** Brings one blob to the destination: not at all when it is there, without a transfer when it can be mounted. */
export async function copyBlob(
  blob: Descriptor,
  source: ImageSource,
  destination: ImageDestination,
  options: CopyOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const { signal, onEvent, known, attempts = 3, pauseMs = 1000 } = options;
  signal.throwIfAborted();
  if (await destination.hasBlob(blob)) {
    known?.saw(blob.digest);
    onEvent?.({ kind: "present", blob });
    return;
  }
  if (await isMounted(blob, source, destination, known)) {
    known?.saw(blob.digest);
    onEvent?.({ kind: "mounted", blob });
    return;
  }
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      await transfer(blob, source, destination, options);
      known?.saw(blob.digest);
      if (originOf(source) !== undefined) known?.saw(blob.digest, originOf(source));
      onEvent?.({ kind: "copied", blob });
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (attempt >= attempts || !isTransient(error)) throw error;
      await sleep(pauseMs * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

/** Whether the registry took it over from the source's repository, or from another one where it was seen. */
async function isMounted(
  blob: Descriptor,
  source: ImageSource,
  destination: ImageDestination,
  known: CopyOptions["known"],
): Promise<boolean> {
  if (!canMountBlobs(destination)) return false;
  const origin = originOf(source);
  if (origin !== undefined && (await destination.mountBlob(blob, origin))) return true;
  for (const place of known?.elsewhere(blob.digest) ?? []) {
    if (place.registry === origin?.registry && place.repository === origin.repository) continue;
    if (await destination.mountBlob(blob, place)) return true;
    known?.missed(blob.digest, place);
  }
  return false;
}

async function transfer(
  blob: Descriptor,
  source: ImageSource,
  destination: ImageDestination,
  { signal, onEvent, bandwidth }: CopyOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const read = await source.readBlob(blob);
  const content = observed(bandwidth === undefined ? read : throttled(read, bandwidth), blob, onEvent);
  const abort = (): void => {
    content.destroy(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
  };
  content.on("error", () => undefined); // who reads it hears of it too
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    await destination.writeBlob(blob, content);
  } finally {
    signal.removeEventListener("abort", abort);
    content.destroy();
  }
}

function observed(content: Readable, blob: Descriptor, onEvent: CopyOptions["onEvent"]): Readable {
  if (onEvent === undefined) return content;
  let copied = 0;
  onEvent({ kind: "progress", blob, copied });
  return counted(content, (count) => {
    copied += count;
    onEvent({ kind: "progress", blob, copied });
  });
}

function isTransient(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = "code" in cause ? cause.code : undefined;
    if (typeof code === "string" && TRANSIENT.has(code)) return true;
    if (cause instanceof WherryError && cause.code === "ERR_WHERRY_ARCHIVE_BROKEN") return false;
  }
  return false;
}
