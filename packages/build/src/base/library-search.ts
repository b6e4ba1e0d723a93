import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "@wherry/core/error";
import { fileMatch } from "../containerfile/index.ts";
import { parseElf, type ElfObject } from "./elf.ts";

/** An object file on this machine and what it says. */
export interface LoadedObject {
  readonly path: string;
  readonly elf: ElfObject;
  /** The object that needs it: RPATH is inherited from there. */
  readonly parent?: LoadedObject;
  /** Whether only this machine's ld.so.conf says where it is. */
  readonly isConfigured?: boolean;
}

/** Folders that a loader looks in without being told, most specific first. */
const MULTIARCH: Readonly<Record<string, string>> = {
  "64-le-62": "x86_64-linux-gnu",
  "64-le-183": "aarch64-linux-gnu",
  "32-le-3": "i386-linux-gnu",
  "32-le-40": "arm-linux-gnueabihf",
  "64-le-243": "riscv64-linux-gnu",
  "64-le-21": "powerpc64le-linux-gnu",
  "64-be-22": "s390x-linux-gnu",
};

/** Finds libraries as ld.so(8) does: RPATH, RUNPATH, the folders of ld.so.conf, the folders every loader knows. */
export class LibrarySearch {
  readonly #root: string;
  readonly #configured: readonly string[];

  /** @param root of the machine's files; "/" but in tests. */
  constructor(root = "/") {
    this.#root = root;
    this.#configured = readLoaderConfig(root, "/etc/ld.so.conf");
  }

  /** The library for a DT_NEEDED of an object; undefined when it is nowhere. */
  find(name: string, needing: LoadedObject): LoadedObject | undefined {
    const own = name.includes("/") ? [""] : this.#ownFolders(needing);
    const defaults = name.includes("/") ? [] : this.#defaults(needing.elf.kind);
    const configured = name.includes("/")
      ? []
      : this.#configured.filter((folder) => !defaults.includes(folder));
    for (const folder of [...own, ...configured, ...defaults]) {
      const path = folder === "" ? name : join(folder, name);
      const elf = this.read(path);
      if (elf?.kind !== needing.elf.kind) continue;
      const isConfigured = !own.includes(folder) && !defaults.includes(folder);
      return { path, elf, parent: needing, isConfigured };
    }
    return undefined;
  }

  /** The object at a path of the machine; undefined when there is none. */
  read(path: string): ElfObject | undefined {
    const full = join(this.#root, path);
    return existsSync(full) ? parseElf(readFileSync(full), path) : undefined;
  }

  #ownFolders(needing: LoadedObject): string[] {
    const inherited: string[] = [];
    if (needing.elf.runpath.length === 0)
      for (let object: LoadedObject | undefined = needing; object !== undefined; object = object.parent)
        if (object.elf.runpath.length === 0) inherited.push(...this.#expanded(object.elf.rpath, object));
    return [...inherited, ...this.#expanded(needing.elf.runpath, needing)];
  }

  #defaults(kind: string): string[] {
    const multiarch = MULTIARCH[kind];
    return [
      ...(multiarch === undefined ? [] : [`/lib/${multiarch}`, `/usr/lib/${multiarch}`]),
      ...(kind.startsWith("64") ? ["/lib64", "/usr/lib64"] : []),
      "/lib",
      "/usr/lib",
      ...(kind.startsWith("64") ? [] : ["/lib32", "/usr/lib32"]),
    ];
  }

  #expanded(folders: readonly string[], { path, elf }: LoadedObject): string[] {
    const origin = dirname(realpathSync(join(this.#root, path))).slice(
      this.#root === "/" ? 0 : this.#root.length,
    );
    const library = elf.kind.startsWith("64") ? "lib64" : "lib";
    return folders.map((folder) =>
      folder.replace(/\$\{?ORIGIN\}?/g, origin).replace(/\$\{?LIB\}?/g, library),
    );
  }
}

/** The folders that ld.so.conf names, its includes followed. */
function readLoaderConfig(root: string, path: string): string[] {
  return linesOf(join(root, path)).flatMap((line) => {
    const include = /^include\s+(.+)$/.exec(line)?.[1];
    if (include === undefined) return line.startsWith("/") ? [line] : [];
    const pattern = include.startsWith("/") ? include : join(dirname(path), include);
    return namesIn(join(root, dirname(pattern)))
      .filter((name) => fileMatch(basename(pattern), name))
      .flatMap((name) => readLoaderConfig(root, join(dirname(pattern), name)));
  });
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.replace(/#.*/, "").trim())
      .filter((line) => line !== "");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return [];
    throw error;
  }
}
