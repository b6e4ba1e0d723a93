import type { BlobLocations, CopyEvent, ImageChanges, ImageChoice } from "../image/index.ts";
import type { Bandwidth } from "../io/index.ts";
import type { Digest } from "../oci/index.ts";
import type { Reference } from "../reference/index.ts";
import type { PlaceOptions, TransportName } from "../transport/index.ts";
import type { SignatureWishes } from "./carry-signatures.ts";
import type { CompanionWishes } from "./companions.ts";
import { Connection, type ImageHost } from "./connection.ts";
import type { DeleteExtraOptions, ExtraTag, PlannedDeletion } from "./extra-tags.ts";
import type { Expected } from "./expected.ts";
import type { PlannedImage } from "./plan-images.ts";
import type { Patience, PullWait } from "./pull-wait.ts";
import type { RegistryOptions } from "./registries.ts";
import type { SyncRun } from "./sync-run.ts";

/** One image of a sync, from where and to where. */
export interface SyncItem {
  readonly source: TransportName;
  /** How the source's registry is spoken to. */
  readonly registry?: RegistryOptions;
  readonly destination: TransportName;
  /** Which images of an index; default as for all items. One named by digest is copied whole unless this says otherwise. */
  readonly choice?: ImageChoice;
  /** What a plan found on both sides; when it is not so any more, the item fails. */
  readonly expected?: Expected;
}

/** What became of an item. */
export interface SyncResult {
  readonly item: SyncItem;
  /** `skipped`: not looked at after another failed. */
  readonly outcome: "copied" | "unchanged" | "failed" | "skipped";
  /** Of the image at the destination; of a failed one unknown. */
  readonly digest?: Digest;
  /** Bytes of blobs that were transferred. */
  readonly bytes: number;
  readonly error?: unknown;
}

export interface SyncOptions extends ImageChanges, SignatureWishes {
  /** Tries of each blob, the first included. */
  readonly attempts?: number;
  /** Pause before a second try, in ms. */
  readonly pauseMs?: number;
  /** What all transfers together may take. */
  readonly bandwidth?: Bandwidth;
  /** Most requests that one registry is asked at a time, and most blobs of one image that are copied; default 16 and 6. */
  readonly jobs?: number;
  readonly source?: PlaceOptions;
  readonly destination?: PlaceOptions;
  /** Go on with the other images after one failed; default true. */
  readonly keepGoing?: boolean;
  /** Leave images alone that are at the destination already. */
  readonly keepsThere?: boolean;
  /** Tags that never move: one that the destination has is not compared. */
  readonly isImmutable?: (tag: string) => boolean;
  /** Told of what happens to the blobs of an item that is copied. */
  readonly onItemEvent?: (item: SyncItem, event: CopyEvent) => void;
  /** Told as each item ends. */
  readonly onResult?: (result: SyncResult) => void;
}

/** What a sync is made of. */
interface Parts {
  readonly locations: BlobLocations;
  readonly wait: PullWait;
  readonly Run: typeof SyncRun;
}

/**
 * Copies many images with one client for each registry: connections, tokens, budgets and the knowledge of what was brought
 * where are shared by all of them. Close it with `await using`.
 */
export class ImageSync implements AsyncDisposable {
  readonly #engine: ImageHost;
  readonly #connections = new Map<string, Connection>();
  readonly #destination: RegistryOptions;
  readonly #patience: Patience;
  readonly #locations: BlobLocations;
  readonly #wait: PullWait;
  readonly #run: SyncRun;

  private constructor(
    engine: ImageHost,
    destination: RegistryOptions,
    patience: Patience,
    { locations, wait, Run }: Parts,
  ) {
    this.#engine = engine;
    this.#destination = destination;
    this.#patience = patience;
    this.#locations = locations;
    this.#wait = wait;
    const connect = (options = destination): Connection => this.#connectionFor(options);
    this.#run = new Run(engine, { connect, locations, wait });
  }

  /**
   * @param destination how the registry written to is spoken to
   * @param patience how long to wait for a registry that allows no more; default not at all
   */
  static async open(
    engine: ImageHost,
    destination: RegistryOptions = {},
    patience: Patience = { maximumMs: 0 },
  ): Promise<ImageSync> {
    const { SyncRun: Run } = await import("./sync-run.ts");
    const { blobLocations } = await import("./known-blobs.ts");
    const { PullWait: Wait } = await import("./pull-wait.ts");
    const parts = { locations: blobLocations(engine), wait: new Wait(patience, engine.signal), Run };
    return new ImageSync(engine, destination, patience, parts);
  }

  /** The tags of a repository of a source. @throws {RepositoryUnknownError | RegistryError} */
  async listTags(reference: Reference, options: RegistryOptions = {}): Promise<string[]> {
    return this.#connectionFor(options).tagsOf({ transport: "docker", reference });
  }

  /** What goes with an image of a source: references in its repository. */
  async companionsOf(
    image: Reference,
    options: RegistryOptions,
    wishes: CompanionWishes,
  ): Promise<Reference[]> {
    const { companionsOf } = await import("./companions.ts");
    return companionsOf(this.#connectionFor(options), image, wishes);
  }

  /** Copies what is not the same on both sides. Failures are results, in the order of the items like all others. */
  async run(items: readonly SyncItem[], options: SyncOptions = {}): Promise<SyncResult[]> {
    return this.#run.copyAll(items, options);
  }

  /** What `run` would do: both sides are compared, and nothing is written anywhere. */
  async plan(items: readonly SyncItem[], options: SyncOptions = {}): Promise<PlannedImage[]> {
    return this.#run.planAll(items, options);
  }

  /** The items that `run` would refuse, since the sides are not as they expect them. */
  async check(items: readonly SyncItem[], options: SyncOptions = {}): Promise<SyncResult[]> {
    return this.#run.checkAll(items, options);
  }

  /** Deletes the tags that no item asks for from the repositories of the destinations. @throws {TooManyExtraTagsError} */
  async deleteExtra(items: readonly SyncItem[], options: DeleteExtraOptions): Promise<ExtraTag[]> {
    const { deleteExtraTags } = await import("./extra-tags.ts");
    const destinations = items.map(({ destination }) => destination);
    return deleteExtraTags(destinations, this.#connectionFor(this.#destination), options);
  }

  /** Deletes the tags that a plan names, as far as they are what they were then. */
  async deletePlanned(deletions: readonly PlannedDeletion[]): Promise<ExtraTag[]> {
    const { deletePlannedTags } = await import("./extra-tags.ts");
    return deletePlannedTags(deletions, this.#connectionFor(this.#destination));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections.values()) await connection[Symbol.asyncDispose]();
    this.#connections.clear();
    this.#locations[Symbol.dispose]();
  }

  /** Sides that are spoken to in the same way share their clients. */
  #connectionFor(options: RegistryOptions): Connection {
    const key = JSON.stringify(Object.entries(options).sort());
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      const { maximumMs } = this.#patience;
      connection = new Connection(this.#engine, {
        ...options,
        ...(maximumMs === 0 ? {} : { maximumRetryAfterMs: maximumMs }),
        onThrottled: (location, pauseMs = 0) => {
          this.#run.throttled(location);
          this.#wait.told(location, pauseMs);
        },
      });
      this.#connections.set(key, connection);
    }
    return connection;
  }
}
