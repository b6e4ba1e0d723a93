import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { containersFolders, type Environment } from "./environment.ts";
import { ConfModuleMissingError } from "./errors.ts";

const FOLDER = "containers.conf.modules";

/**
 * The files of modules of containers.conf(5), "MODULES": an absolute path as it is; any other name is looked up among the
 * user's, then the administrator's, then the distribution's.
 *
 * @throws {ConfModuleMissingError}
 */
export function resolveModules(environment: Environment, names: readonly string[]): string[] {
  const { usrShare, etc, user } = containersFolders(environment);
  const folders = [...(environment.uid === 0 ? [] : [user]), etc, usrShare].map((base) => join(base, FOLDER));
  return names.map((name) => {
    const places = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
    const found = places.find((path) => existsSync(path));
    if (found === undefined) throw new ConfModuleMissingError(name, places);
    return found;
  });
}
