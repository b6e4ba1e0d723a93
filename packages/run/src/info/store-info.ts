import { statfsSync } from "node:fs";
import { listContainers } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import { stateWord } from "../container/describe.ts";

/** Names of file systems by what statfs(2) calls their type, as podman has them. */
const FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0xef53, "extfs"],
  [0x58465342, "xfs"],
  [0x9123683e, "btrfs"],
  [0x01021994, "tmpfs"],
  [0x794c7630, "overlayfs"],
  [0x6969, "nfs"],
  [0x2fc12fc1, "zfs"],
  [0xf2f52010, "f2fs"],
  [0xca451a4e, "bcachefs"],
]);

/** `store` of `info`: where images and containers are, and how many. */
export function storeInfo(engine: Engine): object {
  const { store, locations, host } = engine;
  const states = listContainers(containerHost(engine)).map(stateWord);
  const count = (state: string) => states.filter((each) => each === state).length;
  const [running, paused] = [count("running"), count("paused")];
  const disk = diskOf(store.root);
  return {
    configFile: `${locations.configDir}/storage.conf`,
    containerStore: { number: states.length, paused, running, stopped: states.length - running - paused },
    graphDriverName: "overlay",
    graphOptions: {},
    graphRoot: store.root,
    graphRootAllocated: disk.size,
    graphRootUsed: disk.used,
    graphStatus: {
      "Backing Filesystem": disk.name,
      "Native Overlay Diff": host.uid === 0 ? "true" : "false",
      "Using metacopy": "false",
    },
    imageCopyTmpDir: host.env["TMPDIR"] ?? "/var/tmp",
    imageStore: { number: store.images.list().length },
    runRoot: locations.runtimeDir,
    transientStore: false,
    volumePath: store.paths.volumes,
  };
}

/** The file system of the nearest folder that exists: a store is made when it is first written to. */
function diskOf(path: string): { readonly name: string; readonly size: number; readonly used: number } {
  for (let folder = path; ; folder = folder.slice(0, folder.lastIndexOf("/")) || "/") {
    try {
      const { blocks, bfree, bsize, type } = statfsSync(folder);
      return {
        name: FILE_SYSTEMS.get(type) ?? "<unknown>",
        size: blocks * bsize,
        used: (blocks - bfree) * bsize,
      };
    } catch (error) {
      if (folder === "/") throw error;
    }
  }
}
