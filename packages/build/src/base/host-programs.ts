import { closeSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { FileSystemError } from "@wherry/core/error";
import { findProgram } from "@wherry/core/process";
import { HostProgramError } from "./errors.ts";
import { HostFiles } from "./host-files.ts";
import { LibrarySearch, type LoadedObject } from "./library-search.ts";

/** Programs of this machine and all they need to start. */
export interface CollectedPrograms {
  readonly files: HostFiles;
  /** Folders with libraries that a loader does not look into by itself. */
  readonly libraryFolders: readonly string[];
}

/** Folders that are links where /usr is merged: programs are known by their old paths too, /bin/sh above all. */
const MERGED = ["/bin", "/sbin", "/lib", "/lib64"];

/**
 * Collects programs with the libraries they load and the interpreters of scripts, found by reading the files: nothing is
 * run. Libraries that a program opens later by name (plugins) are not seen.
 *
 * @param programs names, looked up along `searchPath`, or absolute paths of programs, other files or folders.
 * @throws {HostProgramError | InvalidElfError | FileSystemError}
 */
export function collectPrograms(
  programs: readonly string[],
  { searchPath, root = "/" }: { searchPath?: string; root?: string },
): CollectedPrograms {
  const files = new HostFiles(root);
  const libraries = new LibrarySearch(root);
  const libraryFolders = new Set<string>();
  const seen = new Set<string>();
  for (const program of programs) addFile(given(program), program, true);
  for (const folder of MERGED) if (files.isLink(folder)) files.add(folder);
  return { files, libraryFolders: [...libraryFolders].sort() };

  function locate(program: string): string | undefined {
    const path = program.startsWith("/") ? program : findInRoot(program, root, searchPath);
    return path !== undefined && files.exists(path) ? path : undefined;
  }

  function given(program: string): string {
    const path = locate(program);
    if (path !== undefined) return path;
    throw new HostProgramError(`no program ${program} on this machine`, {
      hint: program.startsWith("/") ? "check the path" : "install it, or give its absolute path",
    });
  }

  /** @param isNeeded whether it was asked for by itself; what is only in a folder may lack what it would start with. */
  function addFile(path: string, wantedBy: string, isNeeded: boolean): void {
    const real = files.add(path);
    if (seen.has(real)) return;
    seen.add(real);
    if (files.isDirectory(real)) {
      for (const child of files.below(real)) addFile(child, wantedBy, false);
      return;
    }
    if (!files.isRegular(real)) return;
    const interpreter = interpreterOf(real);
    if (interpreter !== undefined) {
      for (const word of interpreter) {
        const program = isNeeded ? given(word) : locate(word);
        if (program !== undefined) addFile(program, path, isNeeded);
      }
      return;
    }
    const elf = libraries.read(real);
    if (elf === undefined) return;
    if (elf.interpreter !== undefined) files.add(elf.interpreter);
    addLibraries({ path: real, elf }, wantedBy, isNeeded);
  }

  function addLibraries(object: LoadedObject, wantedBy: string, isNeeded: boolean): void {
    for (const name of object.elf.needed) {
      const library = libraries.find(name, object);
      if (library === undefined && !isNeeded) continue;
      if (library === undefined)
        throw new HostProgramError(
          `${wantedBy} needs the library ${name}, which is nowhere on this machine`,
          {
            hint: "install the package that has it, or check that the program starts here at all",
          },
        );
      const real = files.add(library.path);
      if (seen.has(real)) continue;
      seen.add(real);
      if (library.isConfigured === true) libraryFolders.add(dirname(library.path));
      addLibraries(library, wantedBy, isNeeded);
    }
  }

  /** The words of a script's `#!` line that are programs; `env NAME` stands for both. */
  function interpreterOf(path: string): string[] | undefined {
    const line = firstLine(join(root, path));
    if (!line.startsWith("#!")) return undefined;
    const [program = "", ...args] = line.slice(2).trim().split(/\s+/);
    if (!program.endsWith("/env")) return [program];
    const named = args.find((arg) => !arg.startsWith("-") && !arg.includes("="));
    return named === undefined ? [program] : [program, named];
  }
}

function findInRoot(name: string, root: string, searchPath: string | undefined): string | undefined {
  if (root === "/") return findProgram(name, searchPath);
  return ["/usr/bin", "/bin", "/usr/sbin", "/sbin"]
    .map((folder) => join(folder, name))
    .find((path) => findProgram(join(root, path)) !== undefined);
}

function firstLine(path: string): string {
  const head = Buffer.alloc(256);
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
  try {
    const size = readSync(fd, head);
    return head.toString("latin1", 0, size).split("\n")[0] ?? "";
  } finally {
    closeSync(fd);
  }
}
