import { closeSync, openSync, readSync } from "node:fs";

/**
 * So many random bytes as hexadecimal digits, for identifiers and names of temporary files. Read from the kernel:
 * node:crypto takes milliseconds to load, which commands that need no digest do without.
 */
export function randomHex(bytes: number, source = "/dev/urandom"): string {
  return (readRandom(bytes, source) ?? process.getBuiltinModule("node:crypto").randomBytes(bytes)).toString(
    "hex",
  );
}

/** Undefined where a system has no such device. */
function readRandom(bytes: number, source: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(source, "r");
  } catch {
    return undefined;
  }
  try {
    const buffer = Buffer.alloc(bytes);
    return readSync(fd, buffer) === bytes ? buffer : undefined;
  } finally {
    closeSync(fd);
  }
}
