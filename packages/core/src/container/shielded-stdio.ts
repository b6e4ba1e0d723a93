import { createReadStream, createWriteStream, fstatSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { start } from "../process/index.ts";
import { stdioArray, type StepStream, type Stdio } from "./stdio.ts";

type ChildProcess = ReturnType<typeof start>;

/** How long output may still come after the program's end, from what it left in the background. */
const GRACE_MS = 1000;

/** Standard streams of a program that a runtime starts, where files stay ours. */
export interface ShieldedStdio {
  /** As Node's spawn takes it. */
  readonly stdio: (StepStream | "pipe")[];
  /** Carries what goes through pipes; call it once, with the program started. */
  carry(child: ChildProcess): Carrying;
}

export interface Carrying {
  /** Resolves when all that the program wrote is where it belongs. Call it after the program's end. */
  finish(): Promise<void>;
}

/**
 * Puts a pipe between the program and each standard stream that is a file: a runtime gives the streams it is handed to the
 * container's user (fchown), and with them the caller's own file.
 */
export function shieldStdio(streams: Stdio | undefined): ShieldedStdio {
  const wanted = stdioArray(streams);
  const isShielded = wanted.map((stream, index) => isFile(stream === "inherit" ? index : stream));
  const fdOf = (index: number): number => (typeof wanted[index] === "number" ? wanted[index] : index);
  return {
    stdio: wanted.map((stream, index) => (isShielded[index] === true ? "pipe" : stream)),
    carry(child) {
      if (isShielded[0] === true && child.stdin !== null) feed(fdOf(0), child.stdin);
      const outputs = [child.stdout, child.stderr].flatMap((output, index) =>
        output === null || isShielded[index + 1] !== true ? [] : [{ output, fd: fdOf(index + 1) }],
      );
      const carried = outputs.map(({ output, fd }) =>
        pipeline(output, createWriteStream("", { fd, autoClose: false })),
      );
      for (const one of carried) one.catch(() => undefined); // seen in finish
      return {
        async finish() {
          if (carried.length === 0) return;
          const abort = new AbortController();
          await Promise.race([
            Promise.all(carried),
            sleep(GRACE_MS, undefined, { signal: abort.signal, ref: true }),
          ]).finally(() => abort.abort());
        },
      };
    },
  };
}

/** The program may end before it has read all. */
function feed(fd: number, input: NodeJS.WritableStream): void {
  pipeline(createReadStream("", { fd, autoClose: false }), input).catch(() => undefined);
}

function isFile(stream: StepStream | number): boolean {
  return typeof stream === "number" && fstatSync(stream).isFile();
}
