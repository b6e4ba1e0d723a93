import { HostileEntryError } from "./errors.ts";
import { encodePath } from "./path-bytes.ts";

/** Linux takes no longer path, and no longer part of one (bytes). */
const PATH_LIMIT = 4095;
const NAME_LIMIT = 255;

/**
 * An entry's name as a path below the layer's root: without `./`, double slashes, and slashes at either end; "" is the
 * root itself. A leading slash means that root, as everywhere in this ecosystem.
 *
 * @throws {HostileEntryError} when it has a part `..`, or is longer than a path can be.
 */
export function parseEntryPath(name: string): string {
  if (isLonger(name, PATH_LIMIT)) throw new HostileEntryError(name, "its name is too long");
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") throw new HostileEntryError(name, "its name leads upwards with ..");
    if (isLonger(part, NAME_LIMIT)) throw new HostileEntryError(name, "a part of its name is too long");
    parts.push(part);
  }
  return parts.length === 1 ? (parts[0] ?? "") : parts.join("/");
}

/** Whether a text has more bytes than that; a character has at most three for each of its units. */
function isLonger(text: string, limit: number): boolean {
  return text.length * 3 > limit && encodePath(text).length > limit;
}

/** The directory a path is in; "" is the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** A path below a directory; "" is the root. */
export function joinPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
