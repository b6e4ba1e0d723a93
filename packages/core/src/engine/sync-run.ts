import { WherryError } from "../error/index.ts";
import {
  adaptSource,
  BlobLedger,
  Budget,
  budgetedManifests,
  convertFormat,
  copyImage,
  selectPlatform,
  shareCopy,
  type CopyEnds,
} from "../image/index.ts";
import {
  choosePlatform,
  hostPlatform,
  isIndexMediaType,
  type Descriptor,
  type Digest,
} from "../oci/index.ts";
import { openDestination, openSource, type ImageSource, type TransportName } from "../transport/index.ts";
import type { Connection } from "./connection.ts";
import type { SyncItem, SyncOptions, SyncResult } from "./image-sync.ts";
import type { RegistryOptions } from "./registries.ts";
import { blobPlaceOf, digestAt, openSide, rootOf, type SyncSide } from "./sync-side.ts";

/** Images looked at or copied at a time; how many requests that makes is for the budgets to say. */
const IMAGES_AT_A_TIME = 16;

type Outcome = Omit<SyncResult, "item">;

/** The work of a sync: compares both sides of each item, and copies what differs. */
export class SyncRun {
  readonly #signal: AbortSignal | undefined;
  readonly #connect: (options?: RegistryOptions) => Connection;
  readonly #ledger = new BlobLedger();
  readonly #budgets = new Map<string, Budget>();
  readonly #tags = new Map<string, Promise<ReadonlySet<string>>>();

  /** @param connect gives the connection for registry options; without options the one of all destinations */
  constructor(signal: AbortSignal | undefined, connect: (options?: RegistryOptions) => Connection) {
    this.#signal = signal;
    this.#connect = connect;
  }

  /** A registry asked for fewer requests. */
  throttled(location: string): void {
    this.#budgetFor(location).halve();
  }

  async copyAll(items: readonly SyncItem[], options: SyncOptions): Promise<SyncResult[]> {
    const { keepGoing = true, onResult } = options;
    const results: SyncResult[] = [];
    let next = 0;
    let hasFailed = false;
    const work = async (): Promise<void> => {
      for (let index = next++; index < items.length; index = next++) {
        const item = items[index] as SyncItem;
        const outcome: Outcome =
          hasFailed && !keepGoing ? { outcome: "skipped", bytes: 0 } : await this.#attempt(item, options);
        if (outcome.outcome === "failed") hasFailed = true;
        const result = { item, ...outcome };
        results[index] = result;
        onResult?.(result);
      }
    };
    const workers = Array.from({ length: Math.min(IMAGES_AT_A_TIME, items.length) }, work);
    const ended = await Promise.allSettled(workers);
    this.#signal?.throwIfAborted();
    for (const end of ended) if (end.status === "rejected") throw end.reason;
    return results;
  }

  /** Whatever goes wrong with one image is its result, and the others are copied all the same. */
  async #attempt(item: SyncItem, options: SyncOptions): Promise<Outcome> {
    try {
      return await this.#sync(item, options);
    } catch (error) {
      this.#signal?.throwIfAborted();
      return { outcome: "failed", bytes: 0, error };
    }
  }

  async #sync(item: SyncItem, options: SyncOptions): Promise<Outcome> {
    const budgetFor = (location: string): Budget => this.#budgetFor(location);
    const from = await openSide(item.source, this.#connect(item.registry ?? {}), "source", budgetFor);
    const to = await openSide(item.destination, this.#connect(), "destination", budgetFor);
    if (await this.#isKeptTag(to, options)) return { outcome: "unchanged", bytes: 0 };
    await using source = budgetedManifests(openSource(item.source, from.connection.context), from.budgets);
    const [root, current] = await Promise.all([rootOf(from, source), digestAt(to)]);
    const isWhole = options.all === true || digestIn(item.source) !== undefined;
    const wanted = { ...options, all: isWhole };
    if (options.format === undefined && current !== undefined) {
      const same = root.digest === current || (await isChosen(current, root, source, wanted));
      if (same) return { outcome: "unchanged", digest: current, bytes: 0 };
    }
    if (options.dryRun === true) return await wouldCopy(source, current, wanted);
    return await this.#copy(source, from, to, current, wanted);
  }

  async #copy(
    opened: ImageSource,
    from: SyncSide,
    to: SyncSide,
    current: Digest | undefined,
    options: SyncOptions,
  ): Promise<Outcome> {
    const run = {
      ledger: this.#ledger,
      place: blobPlaceOf(to),
      sourceBudgets: from.budgets,
      destinationBudgets: to.budgets,
    };
    const { context } = to.connection;
    const ends = shareCopy({ source: opened, destination: openDestination(to.place, context) }, run);
    await using destination = ends.destination;
    await using source = adapted(ends, context.temporaryDirectory, options);
    const { digest } = (await source.readManifest()).descriptor;
    if (digest === current) return { outcome: "unchanged", digest, bytes: 0 };
    let bytes = 0;
    await copyImage(source, destination, {
      ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
      ...(this.#signal === undefined ? {} : { signal: this.#signal }),
      onEvent: (event) => {
        if (event.kind === "copied") bytes += event.blob.size;
      },
    });
    return { outcome: "copied", digest, bytes };
  }

  #budgetFor(location: string): Budget {
    const budget = this.#budgets.get(location) ?? new Budget();
    this.#budgets.set(location, budget);
    return budget;
  }

  /** Whether the tag never moves and is there already: the repository's tags are listed once. */
  async #isKeptTag(
    { place, connection, endpoints }: SyncSide,
    { isImmutable }: SyncOptions,
  ): Promise<boolean> {
    if (isImmutable === undefined || place.transport !== "docker" || endpoints === undefined) return false;
    const { tag } = place.reference;
    if (tag === undefined || !isImmutable(tag)) return false;
    const key = `${endpoints.primary.location}/${endpoints.primary.repository}`;
    const listed =
      this.#tags.get(key) ??
      connection.tagsOf(place).then(
        (tags) => new Set(tags),
        (error: unknown) => {
          if (error instanceof WherryError && error.code === "ERR_WHERRY_REPOSITORY_UNKNOWN")
            return new Set<string>();
          throw error;
        },
      );
    this.#tags.set(key, listed);
    return (await listed).has(tag);
  }
}

/** Whether that is just the image of an index which would be copied. */
async function isChosen(
  current: Digest,
  { mediaType }: Descriptor,
  source: ImageSource,
  { all, platform }: SyncOptions,
): Promise<boolean> {
  if (all === true || !isIndexMediaType(mediaType)) return false;
  const index = await source.readManifest();
  if (index.kind !== "index") return false;
  return choosePlatform(index.content.manifests, platform ?? hostPlatform())?.digest === current;
}

/** The source as it is to be copied: which platforms, in which format. */
function adapted(
  { source, destination }: CopyEnds,
  temporaryDirectory: string,
  { all = false, platform = hostPlatform(), format, preserveDigests = false }: SyncOptions,
): ImageSource {
  if (preserveDigests) return all ? source : selectPlatform(source, platform);
  return adaptSource(source, destination, {
    all,
    platform,
    temporaryDirectory,
    ...(format === undefined ? {} : { format }),
  });
}

/** What a copy would end with. Layers that would be compressed on the way count as a change. */
async function wouldCopy(
  source: ImageSource,
  current: Digest | undefined,
  { all = false, platform = hostPlatform(), format }: SyncOptions,
): Promise<Outcome> {
  const selected = all ? source : selectPlatform(source, platform);
  const converted = format === undefined ? selected : convertFormat(selected, format);
  const { digest } = (await converted.readManifest()).descriptor;
  return { outcome: digest === current ? "unchanged" : "pending", digest, bytes: 0 };
}

function digestIn(place: TransportName): Digest | undefined {
  return place.transport === "docker" ? place.reference.digest : undefined;
}
