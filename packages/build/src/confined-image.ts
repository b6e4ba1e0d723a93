import { realpathSync } from "node:fs";
import { relative, resolve } from "node:path";
import { UsageError } from "@wherry/core/cli";
import { formatTransportName, placeNamed } from "@wherry/core/transport";

/**
 * The name of an image as a Containerfile gives it, whose path, where it is one, is in the context: a Containerfile may be a
 * stranger's and reads no other file of this machine.
 *
 * @param folder the context
 * @throws {UsageError} for a path that leads out of it
 */
export function confinedImage(name: string, folder: string): string {
  const place = placeNamed(name);
  if (place === undefined) return name;
  if ("podmanRoot" in place) throw new OutsideContextError(name, folder);
  if (!("path" in place)) return name;
  const path = realPath(resolve(folder, place.path));
  const within = relative(realPath(folder), path);
  if (place.path === "-" || within === ".." || within.startsWith("../"))
    throw new OutsideContextError(name, folder);
  return formatTransportName({ ...place, path });
}

class OutsideContextError extends UsageError {
  constructor(name: string, folder: string) {
    super(
      `image ${name} of the Containerfile is not in the context: put it below ${folder}, or give it by --build-context`,
    );
  }
}

/** Without links; what does not exist is reported by who opens it. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
