import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { configHome, xdgFolder, type Environment } from "./environment.ts";
import { UnsafeRuntimeFolderError } from "./errors.ts";

/** The longest path of a runtime folder: sockets in it must fit the 108 bytes of a socket's address. */
const LONGEST_RUNTIME_PATH = 60;

/**
 * A runtime folder that the user named; a path too long for sockets stands for a folder of its own inside the usual one.
 */
export function namedRuntimeFolder(path: string, usual: string): string {
  const full = resolve(path);
  if (Buffer.byteLength(full) <= LONGEST_RUNTIME_PATH) return full;
  return `${usual}/at/${createHash("sha256").update(full).digest("hex").slice(0, 12)}`;
}

/** Where wherry keeps things. Only `runtimeDir`'s parent is sure to exist. */
export interface Locations {
  /** The store: `$WHERRY_ROOT`, else `$XDG_DATA_HOME/wherry`. */
  readonly dataDir: string;
  /** What does not survive a reboot: sockets, pid files. Private to the user. */
  readonly runtimeDir: string;
  /** The user's containers/* configuration: `$XDG_CONFIG_HOME/containers`. */
  readonly configDir: string;
  /** What can be made again: `$XDG_CACHE_HOME/wherry`. */
  readonly cacheDir: string;
}

/**
 * Finds the folders by the XDG base directory specification.
 *
 * @throws {UnsafeRuntimeFolderError} when the only possible runtime folder belongs to someone else or is open to others.
 */
export function locate(environment: Environment): Locations {
  const { env, home } = environment;
  const root = env["WHERRY_ROOT"];
  return {
    dataDir:
      root !== undefined && root !== ""
        ? resolve(root)
        : `${xdgFolder(environment, "XDG_DATA_HOME") ?? `${home}/.local/share`}/wherry`,
    runtimeDir: runtimeFolder(environment),
    configDir: `${configHome(environment)}/containers`,
    cacheDir: `${xdgFolder(environment, "XDG_CACHE_HOME") ?? `${home}/.cache`}/wherry`,
  };
}

/**
 * The session's runtime folder where it is ours (`su` hands on that of another user), else /run/user/UID, for root /run,
 * else a private folder in /tmp.
 */
function runtimeFolder(environment: Environment): string {
  const { uid, run = "/run", tmp = "/tmp" } = environment;
  const candidates = [
    xdgFolder(environment, "XDG_RUNTIME_DIR"),
    uid === 0 ? run : undefined,
    `${run}/user/${uid}`,
  ];
  const base = candidates.find((folder) => folder !== undefined && isOwnFolder(folder, uid));
  return base === undefined ? privateFolder(`${tmp}/wherry-run-${uid}`, uid) : `${base}/wherry`;
}

function isOwnFolder(path: string, uid: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === uid;
}

/** Makes the folder, or takes it as it is when it is ours alone: others may have made one under that name in /tmp. */
function privateFolder(path: string, uid: number): string {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw new FileSystemError("create directory", path, error);
  }
  const stats = lstatSync(path);
  if (!stats.isDirectory()) throw new UnsafeRuntimeFolderError(path, "it is not a directory");
  if (stats.uid !== uid) throw new UnsafeRuntimeFolderError(path, `it belongs to user ${stats.uid}`);
  if ((stats.mode & 0o077) !== 0) throw new UnsafeRuntimeFolderError(path, "others may enter it");
  return path;
}
