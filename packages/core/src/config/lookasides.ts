import { readdirSync } from "node:fs";
import { join } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { containersFolders, type Environment } from "./environment.ts";

/** Where signatures of some images are, as URLs. */
export interface Lookaside {
  readonly read: string | undefined;
  /** Where new ones go; undefined where they go to where they are read from. */
  readonly staging: string | undefined;
}

/** containers-registries.d(5): where the signatures of images in registries are kept. */
export interface Lookasides {
  /** What a scope does not say. */
  readonly usual: Lookaside | undefined;
  /** Scope, such as `host[:port]/path`, → what it says. */
  readonly scopes: ReadonlyMap<string, Lookaside>;
  /** What holds where no file says anything: a folder, as a URL. */
  readonly builtIn: string;
}

/**
 * Reads the files of registries.d: of the user's folder, else of the administrator's.
 *
 * @throws {InvalidConfigurationError}
 */
export async function readLookasides(environment: Environment): Promise<Lookasides> {
  const { registriesD, home, uid, varLib = "/var/lib" } = environment;
  const { user, etc } = containersFolders(environment);
  const folders = registriesD === undefined ? [`${user}/registries.d`, `${etc}/registries.d`] : [registriesD];
  const builtIn = `file://${uid === 0 ? varLib : encodeURI(`${home}/.local/share`)}/containers/sigstore`;
  const files = folders.map(yamlFiles).find((found) => found !== undefined) ?? [];
  if (files.length === 0) return { usual: undefined, scopes: new Map(), builtIn };
  const { parseLookasides } = await import("./lookaside-files.ts");
  return { ...parseLookasides(files), builtIn };
}

/**
 * The URL under which signatures are read or written.
 *
 * @param scopes the image's, the most specific first
 */
export function lookasideFor(
  { usual, scopes: known, builtIn }: Lookasides,
  scopes: readonly string[],
  use: "read" | "write",
): string {
  for (const one of [...scopes.map((scope) => known.get(scope)), usual]) {
    const url = use === "write" ? (one?.staging ?? one?.read) : one?.read;
    if (url !== undefined) return url;
  }
  return builtIn;
}

/** Undefined where there is no such folder. */
function yamlFiles(folder: string): string[] | undefined {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new FileSystemError("read", folder, error);
  }
}
