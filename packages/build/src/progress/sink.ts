import { openSync } from "node:fs";
import type { Invocation } from "@wherry/core/cli";
import { FileSystemError } from "@wherry/core/error";
import { writeFully } from "@wherry/core/io";

/** Where progress and output go: to the file of `--logfile`, or to standard error when the other one is for a tar. */
export function sinkOf(invocation: Invocation, logfile: string | undefined, outIsTar: boolean): Invocation {
  const { err } = invocation;
  if (logfile !== undefined) {
    const fd = openLog(logfile);
    const write = (text: string | Uint8Array): void => writeFully(fd, Buffer.from(text));
    return { ...invocation, out: write, err: write };
  }
  return outIsTar ? { ...invocation, out: (text) => err(Buffer.from(text).toString()) } : invocation;
}

function openLog(path: string): number {
  try {
    return openSync(path, "a");
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
}
