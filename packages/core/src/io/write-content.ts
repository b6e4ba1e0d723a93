import { writev } from "node:fs";
import type { Readable } from "node:stream";
import { FileSystemError } from "../error/index.ts";
import { giveBack } from "./lent-pieces.ts";

/** Bytes that may wait for the disk before the stream is held back. */
const MOST_WAITING = 2 * 1024 * 1024;

/**
 * Writes a stream to its end into an open file. Node's own threads write while what comes next is received and digested; all
 * that has come meanwhile goes in one write. When this is over, well or not, nothing is being written any more.
 *
 * @param path what the file is called in an error
 * @throws {FileSystemError}, and whatever the stream fails with.
 */
export function writeContent(fd: number, content: Readable, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let waiting: Uint8Array[] = [];
    let size = 0;
    let isWriting = false;
    let outcome: { readonly error?: Error } | undefined;

    const settle = (): void => {
      if (outcome === undefined || isWriting) return;
      if (outcome.error !== undefined) reject(outcome.error);
      else if (waiting.length > 0) write();
      else resolve();
    };
    const fail = (error: Error): void => {
      outcome = { error };
      settle();
    };
    const write = (): void => {
      const batch = waiting;
      waiting = [];
      size = 0;
      isWriting = true;
      writev(fd, batch, (error, written) => {
        isWriting = false;
        if (error !== null) return fail(new FileSystemError("write", path, error));
        const left = behind(batch, written);
        if (left.length === 0) batch.forEach(giveBack);
        waiting = [...left, ...waiting];
        if (outcome === undefined && waiting.length > 0) write();
        if (content.isPaused()) content.resume();
        settle();
      });
    };

    content.on("data", (chunk: Uint8Array) => {
      if (chunk.length === 0 || outcome !== undefined) return;
      waiting.push(chunk);
      size += chunk.length;
      if (!isWriting) write();
      else if (size >= MOST_WAITING) content.pause();
    });
    content.once("end", () => {
      outcome ??= {};
      settle();
    });
    content.once("error", fail);
    content.once("close", () => {
      if (outcome === undefined) fail(content.errored ?? new Error("the content ended early"));
    });
    if (content.destroyed) fail(content.errored ?? new Error("the content was given up before"));
  });
}

/** What is left of the pieces after so many bytes. */
function behind(pieces: readonly Uint8Array[], written: number): Uint8Array[] {
  let skip = written;
  return pieces.flatMap((piece) => {
    const from = Math.min(skip, piece.length);
    skip -= from;
    return from === piece.length ? [] : [piece.subarray(from)];
  });
}
