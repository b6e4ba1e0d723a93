import { goFields } from "@wherry/core/cli";
import type { ContainerMount, ListHost } from "@wherry/core/container";

type ShownMount = Exclude<ContainerMount, { readonly type: "tmpfs" | "special" }>;

/** `Mounts` of a container, as podman shows them: what comes from outside it. */
export function inspectMounts({ store }: ListHost, mounts: readonly ContainerMount[]): object[] {
  return mounts.filter(isShown).map((mount) => {
    const fields = {
      Type: mount.type,
      ...(mount.type === "volume" ? { Name: mount.name } : {}),
      Source: mount.type === "volume" ? store.volumes.path(mount.name) : mount.source,
      Destination: mount.destination,
      Driver: mount.type === "volume" ? "local" : "",
      Mode: mount.type !== "image" && mount.overlay !== undefined ? "O" : "",
      Options: optionsOf(mount),
      RW: isWritable(mount),
      Propagation: mount.type === "image" ? "" : (mount.propagation ?? "rprivate"),
      ...("subpath" in mount ? { SubPath: mount.subpath } : {}),
    };
    return goFields(fields, { Name: "", SubPath: "" });
  });
}

/** `HostConfig.Binds`: SOURCE:DESTINATION:OPTIONS. */
export function bindTexts(mounts: readonly ContainerMount[]): string[] {
  return mounts.flatMap((mount) => {
    if (mount.type !== "bind" && mount.type !== "volume") return [];
    const options = [
      mount.readOnly === true ? "ro" : "rw",
      mount.propagation ?? "rprivate",
      ...optionsOf(mount).filter((option) => option !== "rprivate"),
    ];
    return [`${mount.type === "bind" ? mount.source : mount.name}:${mount.destination}:${options.join(",")}`];
  });
}

function isShown(mount: ContainerMount): mount is ShownMount {
  return mount.type !== "tmpfs" && mount.type !== "special";
}

function isWritable(mount: ShownMount): boolean {
  return mount.type === "image" ? mount.readWrite === true : mount.readOnly !== true;
}

function optionsOf(mount: ShownMount): readonly string[] {
  switch (mount.type) {
    case "volume":
      return ["nosuid", "nodev", "rbind", ...(mount.options ?? [])];
    case "bind":
      return [mount.recursive === false ? "bind" : "rbind", ...(mount.options ?? [])];
    case "image":
      return [];
  }
}
