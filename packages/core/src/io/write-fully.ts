import { writeSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { sleepSync } from "./sleep-sync.ts";

const WAIT_MS = 1;

/**
 * Writes all of the bytes to a descriptor before it returns; a full pipe that another process has made non-blocking is waited for.
 * What fails is thrown as the system says it.
 */
export function writeFully(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (errnoOf(error) !== "EAGAIN") throw error;
      sleepSync(WAIT_MS);
    }
  }
}
