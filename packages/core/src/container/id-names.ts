import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readInLayers } from "./find-in-layers.ts";
import type { ContainerHost } from "./host.ts";
import { containerLayers } from "./root-layers.ts";
import type { Container } from "./settings.ts";

/** Names for the ids of a container's users and groups and of the host's; the number where there is no name. */
export function idNames(
  host: Pick<ContainerHost, "store" | "runtimeDir" | "etc">,
  container: Container,
): Record<"user" | "group" | "hostUser" | "hostGroup", (id: number) => string> {
  const layers = containerLayers(host, container);
  const inside = (name: string) => tableOf(readInLayers(layers, `/etc/${name}`) ?? "");
  const outside = (name: string) => {
    const path = join(host.etc, name);
    return tableOf(existsSync(path) ? readFileSync(path, "utf8") : "");
  };
  return {
    user: inside("passwd"),
    group: inside("group"),
    hostUser: outside("passwd"),
    hostGroup: outside("group"),
  };
}

/** passwd(5) and group(5) have the name first and the id third. */
function tableOf(text: string): (id: number) => string {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name = "", , id = ""] = line.split(":");
    if (/^\d+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name);
  }
  return (id) => names.get(id) ?? String(id);
}
