import { FileSystemError } from "../error/index.ts";
import { BlobStore } from "./blob-store.ts";
import { BuildCache } from "./build-cache.ts";
import { CacheMounts } from "./cache-mounts.ts";
import type { CheckOptions, Problem } from "./check.ts";
import { ContainerStore } from "./container-store.ts";
import { StateDatabase } from "./database.ts";
import { StoreBusyError } from "./errors.ts";
import { EventLog } from "./event-log.ts";
import { ImageStore } from "./image-store.ts";
import { ListStore } from "./list-store.ts";
import { LayerStore } from "./layer-store.ts";
import { prepareLayout } from "./layout.ts";
import type { Repaired, RepairOptions } from "./repair.ts";
import { StorePaths } from "./paths.ts";
import { Pins } from "./pins.ts";
import { SecretStore } from "./secret-store.ts";
import { removeTree, type LayerWorker } from "./remove-tree.ts";
import { listOrphans } from "./staging.ts";
import { WorkingStore } from "./working-store.ts";
import { VolumeStore } from "./volume-store.ts";

export interface StoreOptions {
  /** Folder of the volumes, where they are not in the store. */
  readonly volumes?: string | undefined;
  /** Whether events are written down; default true. */
  readonly keepsEvents?: boolean | undefined;
}

/** What the parts of a store have in common. */
interface SharedParts {
  readonly paths: StorePaths;
  readonly database: StateDatabase;
  readonly pins: Pins;
  readonly blobs: BlobStore;
  readonly events: EventLog;
  readonly prepare: () => void;
}

/**
 * Images, layers, containers, volumes and the build cache of one user, in one folder which is an OCI image layout
 * (image-spec image-layout.md) with more beside it. Opening touches nothing; a store that does not exist reads as empty and
 * is made by the first write. Reading takes no lock and writes nothing.
 */
export class Store implements Disposable {
  readonly paths: StorePaths;
  readonly blobs: BlobStore;
  /** For `check` and `repair`. */
  readonly database: StateDatabase;
  readonly pins: Pins;
  readonly events: EventLog;
  readonly #parts: SharedParts;
  readonly #made = new Map<unknown, object>();
  #isPrepared = false;

  private constructor(root: string, { volumes, keepsEvents }: StoreOptions) {
    const paths = new StorePaths(root, volumes);
    const database = new StateDatabase(paths.database, paths.reserve);
    const pins = new Pins(database);
    const events = new EventLog(paths, keepsEvents);
    const prepare = (): void => {
      if (this.#isPrepared) return;
      prepareLayout(paths);
      this.#isPrepared = true;
    };
    const blobs = new BlobStore(paths, pins, prepare);
    this.#parts = { paths, database, pins, blobs, events, prepare };
    this.paths = paths;
    this.database = database;
    this.pins = pins;
    this.events = events;
    this.blobs = blobs;
  }

  get images(): ImageStore {
    return this.#part(ImageStore);
  }

  get layers(): LayerStore {
    return this.#part(LayerStore);
  }

  get containers(): ContainerStore {
    return this.#part(ContainerStore);
  }

  get buildCache(): BuildCache {
    return this.#part(BuildCache);
  }

  get cacheMounts(): CacheMounts {
    return this.#part(CacheMounts);
  }

  get working(): WorkingStore {
    return this.#part(WorkingStore);
  }

  get lists(): ListStore {
    return this.#part(ListStore);
  }

  get volumes(): VolumeStore {
    return this.#part(VolumeStore);
  }

  get secrets(): SecretStore {
    return this.#part(SecretStore);
  }

  /** Each part is made, and its code loaded, when it is first asked for. */
  #part<Part extends object>(Kind: new (parts: SharedParts) => Part): Part {
    let part = this.#made.get(Kind) as Part | undefined;
    if (part === undefined) this.#made.set(Kind, (part = new Kind(this.#parts)));
    return part;
  }

  /** Removes what killed processes left half made; trees with files of other users through the worker. */
  async removeOrphans(worker: LayerWorker): Promise<void> {
    for (const path of listOrphans(this.paths.staging)) await removeTree(path, worker);
  }

  /** @param root the folder, which need not exist */
  static open(root: string, options: StoreOptions = {}): Store {
    return new Store(root, options);
  }

  get root(): string {
    return this.paths.root;
  }

  /** Everything that is not as it should be; reads only. */
  async check(options?: CheckOptions): Promise<Problem[]> {
    const { checkStore } = await import("./check.ts");
    return checkStore(this, options);
  }

  /** Puts in order what `check` finds. */
  async repair(options?: RepairOptions): Promise<Repaired> {
    const { repairStore } = await import("./repair.ts");
    return repairStore(this, options);
  }

  [Symbol.dispose](): void {
    try {
      this.pins.release();
    } catch (error) {
      // pins of a process that has ended count for nothing
      if (!(error instanceof FileSystemError || error instanceof StoreBusyError)) throw error;
    } finally {
      this.database[Symbol.dispose]();
    }
  }
}
