import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { makeDirectory } from "../io/index.ts";
import { lockFile, run } from "../process/index.ts";
import type { StoredImage } from "../store/index.ts";
import { planUserMaps, UserMapError, type IdMap, type IdMaps, type UserMode } from "../userns/index.ts";
import type { ContainerHost } from "./host.ts";
import { getContainer, listContainers } from "./list.ts";
import { namespaceOf } from "./namespaces.ts";
import { findPasswdEntry, type PasswdEntry } from "./user-entries.ts";
import type { Container, ContainerSettings } from "./settings.ts";

/** Decides the ids of a new container; nothing else of the host's containers changes while it does. */
export async function decideUserMaps<Result>(
  host: ContainerHost,
  { userMode: mode, user = "" }: Pick<ContainerSettings, "userMode"> & { readonly user?: string },
  use: (decided: Pick<ContainerSettings, "userMode" | "userMaps" | "user">) => Result,
): Promise<Result> {
  if (mode === undefined || mode.kind === "host") return use({ user });
  makeDirectory(host.runtimeDir);
  using _lock =
    mode.kind === "auto"
      ? await lockFile(join(host.runtimeDir, "auto-userns.lock"), { signal: host.signal })
      : undefined;
  const maps = await mapsOf(host, mode);
  const keeps = mode.kind === "keep-id" && user === "";
  return use({
    userMode: mode,
    ...(maps === undefined ? {} : { userMaps: maps }),
    user: keeps ? `${mode.uid ?? host.uid}:${mode.gid ?? host.gid ?? host.uid}` : user,
  });
}

async function mapsOf(host: ContainerHost, mode: UserMode): Promise<IdMaps | undefined> {
  const namespace = await host.namespace();
  switch (mode.kind) {
    case "container":
      return getContainer(host, mode.container).config.userMaps;
    case "path":
      return readMaps(
        [...namespace.enter(), "nsenter", `--user=${mode.path}`, "--preserve-credentials"],
        mode.path,
      );
    case "keep-id":
    case "nomap":
      if (!namespace.isRootless)
        throw new UserMapError(
          `--userns ${mode.kind}`,
          "only an ordinary user has ids to keep; root has all",
        );
      break;
    case "auto":
      if (!namespace.isRootless)
        throw new UserMapError(
          "--userns auto",
          "root has no subordinate ids here: give them with --uidmap and --gidmap",
        );
  }
  const { uid, gid = uid } = host;
  const taken = listContainers(host).flatMap(({ container: { config } }) =>
    config.userMode?.kind === "auto" && config.userMaps !== undefined ? [config.userMaps] : [],
  );
  const tables = { subuid: readTable(host.etc, "subuid"), subgid: readTable(host.etc, "subgid") };
  return planUserMaps(mode, { base: namespace.idMaps, uid, gid, taken, ...tables });
}

function readTable(etc: string, name: string): string {
  const path = join(etc, name);
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** The maps of a namespace that is there, as its parent counts. */
async function readMaps(enter: readonly string[], path: string): Promise<IdMaps> {
  const [program = "", ...args] = enter;
  const read = async (name: string): Promise<IdMap[]> => {
    const { stdout, status, stderr } = await run(program, [...args, "cat", `/proc/self/${name}`], {
      okStatus: [0, 1],
    });
    if (status !== 0) throw new UserMapError(`--userns ns:${path}`, stderr.trim());
    const lines = stdout.toString().trim().split("\n");
    return lines.map((line) => {
      const [containerId = 0, hostId = 0, size = 0] = line.trim().split(/\s+/).map(Number);
      return { containerId, hostId, size };
    });
  };
  return { uids: await read("uid_map"), gids: await read("gid_map") };
}

/** Sees to it that the image's files are there with the owners that the container's ids want, and says so when that takes a copy. */
export async function ensureMappedLayers(
  host: ContainerHost,
  image: StoredImage,
  maps: IdMaps,
): Promise<void> {
  const { layers, images } = host.store;
  const missing = layers.countUnmapped(image.diffIds, maps);
  if (missing === 0) return;
  host.warn?.(
    `unpacking ${missing} layer${missing === 1 ? "" : "s"} once more for this container's user namespace: their owners differ; the next container with the same ids has them`,
  );
  const manifest = images.readManifest(image);
  await layers.ensureMapped(manifest, images.readConfig(image), maps, await host.worker());
}

/** The user of the host that a container knows by name because it keeps its id. */
export function keptUser(host: ContainerHost, { config }: Container, passwd: string): PasswdEntry[] {
  const { userMode: mode, mounts, workingDir } = config;
  if (mode?.kind !== "keep-id") return [];
  const entry = findPasswdEntry(passwd, String(host.uid));
  if (entry === undefined) return [];
  const isMounted = mounts.some(({ destination }) => `${entry.home}/`.startsWith(`${destination}/`));
  const { uid = host.uid, gid = host.gid ?? host.uid } = mode;
  return [{ ...entry, uid, gid, home: isMounted ? entry.home : workingDir }];
}

/** The file of the namespace that a container shares instead of having its own. */
export function sharedUserNamespace(host: ContainerHost, mode: UserMode | undefined): string | undefined {
  if (mode?.kind === "path") return mode.path;
  if (mode?.kind !== "container") return undefined;
  const { config } = getContainer(host, mode.container);
  return config.userMaps === undefined ? undefined : namespaceOf(host, "user", mode.container);
}
