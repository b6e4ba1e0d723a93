import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Duplex, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { uncompressed, type TreePlace, type UnpackTreeOptions } from "../layer/index.ts";
import { launchScript, readState, type Preparation } from "../runtime/index.ts";
import { NamespaceWorker, type UserNamespace } from "../userns/index.ts";
import { findInLayers } from "./find-in-layers.ts";
import type { ContainerHost } from "./host.ts";
import { volumeSource } from "./local-volume.ts";
import { containerPaths } from "./paths.ts";
import { rootMount, sharedLayers, writtenLayer } from "./root-layers.ts";
import type { Container } from "./settings.ts";
import { InvalidVolumeOptionError } from "./storage-errors.ts";

/** A worker that has nothing but one tree of files: whatever links are in there, they lead nowhere outside. */
abstract class ConfinedTree implements AsyncDisposable {
  protected readonly worker: NamespaceWorker;

  protected constructor(worker: NamespaceWorker) {
    this.worker = worker;
  }

  /** What is at an absolute path; links are followed. */
  lookUp(path: string): Promise<TreePlace> {
    return this.worker.call("lookUp", { path });
  }

  /** An archive of a file or folder. Wait for `done` when all of `archive` was read. */
  async pack(path: string, name: string): Promise<Passage> {
    const archive = await this.worker.stream();
    const done = this.worker.call("packTree", { path, name }).then(() => undefined);
    done.catch(() => archive.destroy());
    return { archive, done };
  }

  /** Puts what is written to `archive` into a folder. Wait for `done` when it was ended. */
  async unpack(folder: string, options: UnpackTreeOptions = {}): Promise<Passage> {
    const archive = await this.worker.stream();
    const done = this.worker
      .call("unpackTree", { ...options, folder, followsFolders: true })
      .then(() => undefined);
    done.catch(() => archive.destroy());
    return { archive, done };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.worker[Symbol.asyncDispose]();
  }
}

/** An archive that goes into a tree or comes out of it. */
interface Passage {
  readonly archive: Duplex;
  readonly done: Promise<void>;
}

/** The files of a volume. Close it with `await using`. */
export class VolumeTree extends ConfinedTree {
  /** @throws {VolumeNotFoundError} */
  static async open(host: ContainerHost, text: string): Promise<VolumeTree> {
    const { name, options } = host.store.volumes.get(text);
    const source = volumeSource(options);
    if (source.kind === "file system")
      throw new InvalidVolumeOptionError(
        "type",
        `the ${source.type} of volume ${name} is made anew for each container`,
      );
    const root = source.kind === "bind" ? source.device : host.store.volumes.path(name);
    const namespace = await host.namespace();
    const tree = new VolumeTree(startWorker(host, namespace.enter()));
    await entered(tree, tree.worker, root);
    return tree;
  }

  /** Merges an archive, compressed or not, with what is there. @throws {InvalidTarError} */
  async import(archive: Readable): Promise<void> {
    const into = await this.unpack("/", { owner: "keep" });
    await pipeline(uncompressed(archive), into.archive);
    await into.done;
  }
}

function startWorker({ workerProgram }: ContainerHost, enter: readonly string[]): NamespaceWorker {
  if (workerProgram === undefined) throw new Error("this program was built without the worker");
  return new NamespaceWorker(() => Promise.resolve({ enter: () => enter }), workerProgram);
}

async function entered(tree: AsyncDisposable, worker: NamespaceWorker, root: string): Promise<void> {
  try {
    await worker.call("enterTree", { root });
  } catch (error) {
    await tree[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The files of a container, running or not, as a process sees them that has nothing else: whatever links are in there,
 * they lead nowhere outside. Close it with `await using`.
 */
export class ContainerTree extends ConfinedTree {
  readonly #scratch: string;

  private constructor(worker: NamespaceWorker, scratch: string) {
    super(worker);
    this.#scratch = scratch;
  }

  /** @param volumes whether what is mounted in the container is seen too */
  static async open(
    host: ContainerHost,
    container: Container,
    { volumes = true } = {},
  ): Promise<ContainerTree> {
    const namespace = await host.namespace();
    const paths = containerPaths(host, container.id);
    const state = readState(container.id, paths.directory, host.procRoot);
    const scratch = join(paths.directory, `tree-${process.pid}`);
    const isLive = state.status === "running";
    const enter = isLive
      ? namespace.enterMounts(state.record.monitor.pid)
      : enterStopped(host, container, namespace, { scratch, volumes });
    const tree = new ContainerTree(startWorker(host, enter), scratch);
    await entered(tree, tree.worker, isLive && volumes ? `/proc/${state.init.pid}/root` : paths.rootfs);
    return tree;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** argv prefix of a program that sees a stopped container's layers mounted, in a namespace that ends with it. */
function enterStopped(
  host: ContainerHost,
  container: Container,
  namespace: UserNamespace,
  { scratch, volumes }: { readonly scratch: string; readonly volumes: boolean },
): string[] {
  const paths = containerPaths(host, container.id);
  const places = volumes && existsSync(paths.skeleton) ? [paths.skeleton] : [];
  const layers = [...places, ...sharedLayers(host, container)];
  for (const folder of [paths.upper, paths.work]) mkdirSync(folder, { recursive: true, mode: 0o755 });
  const script = launchScript({
    overlay: rootMount(container, { ...paths, layers, target: paths.rootfs, links: scratch }),
    preparations: volumes
      ? volumeBinds(host, container, [...layers, writtenLayer(host, container)], paths.rootfs)
      : [],
    folder: "/",
    program: [],
  });
  return [...namespace.enter({ mounts: true }), "sh", "-c", `${script} "$@"`, "wherry-tree"];
}

/** A stopped container's volumes and folders, at their places as far as those exist. */
function volumeBinds(
  { store }: Pick<ContainerHost, "store">,
  { config }: Pick<Container, "config">,
  layers: readonly string[],
  rootfs: string,
): Preparation[] {
  return config.mounts.flatMap((mount) => {
    if (mount.type !== "volume" && mount.type !== "bind") return [];
    const place = findInLayers(layers, mount.destination);
    if (place?.kind !== "directory") return [];
    const folder = mount.type === "volume" ? store.volumes.path(mount.name) : mount.source;
    const found = findInLayers([folder], mount.type === "volume" ? (mount.subpath ?? "/") : "/");
    if (found?.kind !== "directory") return [];
    return [{ kind: "bind", from: found.hostPath, to: join(rootfs, place.path) }];
  });
}
