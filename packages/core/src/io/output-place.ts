import { closeSync, existsSync, lstatSync, openSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FileSystemError } from "../error/index.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import { endAtSignals } from "./end-at-signals.ts";
import { writeFully } from "./write-fully.ts";

/** Where output comes to be that the user gave a path for. */
export interface OutputPlace {
  readonly path: string;
  /** Whether it is written beside its name, and then renamed. */
  readonly isStaged: boolean;
  /** What this process has open under the name: it is written from where it stands, as by a shell's `>&N`. */
  readonly descriptor?: number;
}

/** Of what this process has open; /dev/stdout and the like are links to them. */
const DESCRIPTOR = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/;
/** Names of devices, and of what processes have open. */
const OF_THE_SYSTEM = /^\/(?:dev|proc)\//;
/** As many links as the kernel follows. */
const MOST_LINKS = 40;

/**
 * A file, or what is not there yet, is staged; behind a link, where it leads to, so that the link stays. Devices, pipes and
 * descriptors are written as they are: a rename would put a file in the place of /dev/stdout.
 */
export function outputPlace(path: string): OutputPlace {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || there.isFile()) return { path, isStaged: true };
  if (!there.isSymbolicLink()) return { path, isStaged: false };
  const descriptor = descriptorOf(path);
  if (descriptor !== undefined) return { path, isStaged: false, descriptor };
  if (isOfTheSystem(path) || statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    return { path, isStaged: false };
  return { path: realpathSync(path), isStaged: true };
}

/** A place that is not staged, open; it is not closed at the end where it was open before. */
export function openInPlace({ path, descriptor }: OutputPlace): Disposable & { readonly fd: number } {
  const fd = descriptor ?? endAtSignals(() => openSync(path, "w"));
  return {
    fd,
    [Symbol.dispose]: () => {
      if (descriptor === undefined) closeSync(fd);
    },
  };
}

/**
 * Writes a small file that the user named: whole or not at all, where its folder lets us put another in its place.
 *
 * @throws {FileSystemError}
 */
export function writeOutput(path: string, content: string | Uint8Array): void {
  const place = placeOf(path);
  if (place.isStaged) {
    try {
      writeFileAtomically(place.path, content, { mode: modeOf(place.path), sync: false });
      return;
    } catch (error) {
      if (!isPinned(error) || !existsSync(place.path)) throw error;
    }
  }
  try {
    using file = openInPlace(place);
    endAtSignals(() => {
      writeFully(file.fd, Buffer.from(content));
    });
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

/** Follows links up to the first that is the system's, of something this process has open. */
function descriptorOf(path: string): number | undefined {
  let place = resolve(path);
  for (let links = 0; links < MOST_LINKS; links++) {
    const [, number] = DESCRIPTOR.exec(place) ?? [];
    if (number !== undefined) return Number(number);
    if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return undefined;
    place = resolve(dirname(place), readlinkSync(place));
  }
  return undefined;
}

function isOfTheSystem(link: string): boolean {
  return OF_THE_SYSTEM.test(resolve(link)) || OF_THE_SYSTEM.test(readlinkSync(link));
}

/** That of the file which is there, else what the umask leaves. */
function modeOf(path: string): number {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined) return there.mode & 0o777;
  const mask = process.umask(0);
  process.umask(mask);
  return 0o666 & ~mask;
}

/** Whether the folder is what cannot be changed, or something is mounted on the file: it may be written all the same. */
function isPinned(error: unknown): boolean {
  return error instanceof FileSystemError && ["EACCES", "EPERM", "EROFS", "EBUSY"].includes(error.errno);
}
