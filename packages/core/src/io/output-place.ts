import { lstatSync, readlinkSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { FileSystemError } from "../error/index.ts";
import { writeFileAtomically } from "./atomic-file.ts";

/** Where output comes to be that the user gave a path for. */
export interface OutputPlace {
  readonly path: string;
  /** Whether it is written beside its name, and then renamed. */
  readonly isStaged: boolean;
}

/** Names of devices, and of what this process has open, such as /dev/stdout and /dev/fd/3. */
const OF_THE_SYSTEM = /^\/(?:dev|proc)\//;

/**
 * A file, or what is not there yet, is staged; behind a link, where it leads to, so that the link stays. Devices, pipes and
 * descriptors are written as they are: a rename would put a file in the place of /dev/stdout.
 */
export function outputPlace(path: string): OutputPlace {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.isFile()) return { path, isStaged: true };
  if (!there.isSymbolicLink() || isOfTheSystem(path)) return { path, isStaged: false };
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return { path, isStaged: false };
  return { path: realpathSync(path), isStaged: true };
}

/** Writes a small file that the user named, so that it is whole wherever it is staged. @throws {FileSystemError} */
export function writeOutput(path: string, content: string | Uint8Array): void {
  const place = placeOf(path);
  if (place.isStaged) {
    writeFileAtomically(place.path, content, { sync: false });
    return;
  }
  try {
    writeFileSync(place.path, content);
  } catch (error) {
    throw new FileSystemError("write", path, error);
  }
}

function placeOf(path: string): OutputPlace {
  try {
    return outputPlace(path);
  } catch (error) {
    throw new FileSystemError("write", path, error);
  }
}

function isOfTheSystem(link: string): boolean {
  return OF_THE_SYSTEM.test(resolve(link)) || OF_THE_SYSTEM.test(readlinkSync(link));
}
