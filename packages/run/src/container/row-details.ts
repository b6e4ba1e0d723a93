import { existsSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { containerPaths, type ListedContainer } from "@wherry/core/container";
import { containerHost, type Engine } from "@wherry/core/engine";
import { errnoOf } from "@wherry/core/error";
import type { ContainerSize } from "./container-rows.ts";

const KINDS = ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"];

/** The namespaces of a container that runs, by kind, as the inode numbers the kernel has for them. */
export function namespacesOf({ state }: ListedContainer, procRoot: string): Readonly<Record<string, string>> {
  if (state.status !== "running") return {};
  const { pid } = state.init;
  return Object.fromEntries(
    KINDS.flatMap((kind) => {
      try {
        const [inode] = /\d+/.exec(readlinkSync(join(procRoot, String(pid), "ns", kind))) ?? [];
        return inode === undefined ? [] : [[kind, inode] as const];
      } catch (error) {
        if (errnoOf(error) === undefined) throw error;
        return []; // it has ended meanwhile, or its namespaces are not ours to see
      }
    }),
  );
}

/** Bytes that a container's own files take, and with its image's. */
export async function sizeOfContainer(
  engine: Engine,
  { container }: Pick<ListedContainer, "container">,
): Promise<ContainerSize> {
  const { upper } = containerPaths(containerHost(engine), container.id);
  const rwSize = existsSync(upper) ? await sizeOfTree(engine, upper) : 0;
  const { layers } = engine.store;
  const image = container.config.diffIds.reduce((sum, diffId) => sum + (layers.sizeOf(diffId) ?? 0), 0);
  return { rootFsSize: rwSize + image, rwSize };
}

async function sizeOfTree(engine: Engine, path: string): Promise<number> {
  const worker = await engine.worker();
  return (await worker.call<{ size: number }>("treeSize", { path })).size;
}
