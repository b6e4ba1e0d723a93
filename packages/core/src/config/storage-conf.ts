import { existsSync } from "node:fs";
import { containersFolders, xdgFolder, type Environment } from "./environment.ts";
import { InvalidConfigurationError } from "./errors.ts";
import { Fields } from "./fields.ts";
import { readToml, type Table } from "./toml-file.ts";

/** containers-storage.conf(5): where podman keeps its images. wherry's own store is elsewhere (`Locations.dataDir`). */
export interface StorageConf {
  readonly driver: string;
  readonly graphRoot: string;
  readonly runRoot: string;
  /** Where images are apart from containers. */
  readonly imageStore?: string;
  /** Containers do not outlive the host's uptime. */
  readonly transientStore: boolean;
  /** Further stores that are read only. */
  readonly additionalImageStores: readonly string[];
  /** Program that mounts overlays where the kernel cannot. */
  readonly mountProgram?: string;
  readonly mountOptions?: string;
  readonly ignoreChownErrors: boolean;
  /** The whole file. */
  readonly table: Table;
}

/**
 * Reads storage.conf: the file `$CONTAINERS_STORAGE_CONF` names, else the user's, else that of /etc, else that of
 * /usr/share. Of a system's file a user takes all but its folders.
 *
 * @throws {InvalidConfigurationError}
 */
export async function readStorageConf(environment: Environment): Promise<StorageConf> {
  const { path, isOwn } = fileOf(environment);
  const table = (await readToml(path))?.table ?? {};
  const storage = new Fields(path, table).table("storage");
  const options = storage.table("options");
  const overlay = options.table("overlay");
  const defaults = defaultRoots(environment);
  const mountProgram = overlay.string("mount_program") ?? options.string("mount_program");
  const mountOptions = overlay.string("mountopt") ?? options.string("mountopt");
  const imageStore = storage.string("imagestore") ?? "";
  const rootless = environment.uid === 0 ? undefined : storage.string("rootless_storage_path");
  return {
    driver: storage.string("driver") ?? "overlay",
    graphRoot: expand(
      (isOwn ? storage.string("graphroot") : undefined) ?? rootless ?? defaults.graphRoot,
      environment,
    ),
    runRoot: expand((isOwn ? storage.string("runroot") : undefined) ?? defaults.runRoot, environment),
    ...(imageStore === "" ? {} : { imageStore: expand(imageStore, environment) }),
    transientStore: storage.boolean("transient_store") ?? false,
    additionalImageStores: options.strings("additionalimagestores") ?? [],
    ...(mountProgram === undefined ? {} : { mountProgram }),
    ...(mountOptions === undefined ? {} : { mountOptions }),
    ignoreChownErrors:
      (overlay.string("ignore_chown_errors") ?? options.string("ignore_chown_errors")) === "true",
    table,
  };
}

function fileOf(environment: Environment): { path: string; isOwn: boolean } {
  const { usrShare, etc, user } = containersFolders(environment);
  const chosen = environment.env["CONTAINERS_STORAGE_CONF"] ?? "";
  if (chosen !== "") {
    if (!existsSync(chosen))
      throw new InvalidConfigurationError(chosen, "named by CONTAINERS_STORAGE_CONF, but missing");
    return { path: chosen, isOwn: true };
  }
  const own = `${user}/storage.conf`;
  if (environment.uid !== 0 && existsSync(own)) return { path: own, isOwn: true };
  const path = existsSync(`${etc}/storage.conf`) ? `${etc}/storage.conf` : `${usrShare}/storage.conf`;
  return { path, isOwn: environment.uid === 0 };
}

function defaultRoots(environment: Environment): { graphRoot: string; runRoot: string } {
  if (environment.uid === 0)
    return { graphRoot: "/var/lib/containers/storage", runRoot: "/run/containers/storage" };
  const data = xdgFolder(environment, "XDG_DATA_HOME") ?? `${environment.home}/.local/share`;
  const runtime = xdgFolder(environment, "XDG_RUNTIME_DIR") ?? `/run/user/${environment.uid}`;
  return { graphRoot: `${data}/containers/storage`, runRoot: `${runtime}/containers` };
}

/** `$HOME`, `$UID`, `$USER` as containers/storage replaces them. */
function expand(path: string, { home, uid, env }: Environment): string {
  const values: Readonly<Record<string, string>> = {
    HOME: home,
    UID: String(uid),
    USER: env["USER"] ?? String(uid),
  };
  return path.replace(/\$\{?(HOME|UID|USER)\}?/g, (_whole, name: string) => values[name] ?? "");
}
