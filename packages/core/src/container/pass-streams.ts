import { fstatSync } from "node:fs";
import type { Stream } from "node:stream";
import { start } from "../process/index.ts";
import { exitStatus } from "./foreground.ts";

/** Our own streams, to be handed to a monitor whose container is to have them. */
export interface PassedStreams {
  /** Standard input, output and error as Node's spawn takes them. */
  readonly stdio: readonly ("inherit" | Stream)[];
  /** Lets go of them, once the monitor has them. */
  release(): void;
  /** Resolves when all that was written has arrived; call it after the container's end. */
  finish(): Promise<void>;
}

/**
 * Passes our streams on. Files go through a `cat`: a runtime gives the streams it is handed to the container's user
 * (fchown), and with them the caller's own file.
 */
export function passStreams(): PassedStreams {
  const carriers = [0, 1, 2].map((fd) => (fstatSync(fd).isFile() ? startCarrier(fd) : undefined));
  const ends = carriers.map((carrier, fd) => (fd === 0 ? carrier?.stdout : carrier?.stdin) ?? undefined);
  const written = carriers
    .slice(1)
    .flatMap((carrier) => (carrier === undefined ? [] : [exitStatus(carrier)]));
  for (const one of written) one.catch(() => undefined); // seen in finish
  return {
    stdio: ends.map((end) => end ?? "inherit"),
    release() {
      for (const end of ends) end?.destroy();
      for (const carrier of carriers) carrier?.unref();
    },
    async finish() {
      for (const carrier of carriers) carrier?.ref();
      await Promise.all(written);
    },
  };
}

function startCarrier(fd: number) {
  return start("cat", [], {
    cwd: "/",
    detached: true,
    stdio: fd === 0 ? [0, "pipe", "ignore"] : ["pipe", fd, "ignore"],
  });
}
