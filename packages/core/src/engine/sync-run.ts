import { WherryError } from "../error/index.ts";
import {
  adaptSource,
  BlobLedger,
  Budget,
  budgetedManifests,
  convertFormat,
  copyImage,
  isPublished,
  chooseImages,
  oneFor,
  shareCopy,
  type CopyEvent,
  type ImageChoice,
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
import { copyOptions } from "./copy-anywhere.ts";
import type { SyncItem, SyncOptions, SyncResult } from "./image-sync.ts";
import type { RegistryOptions } from "./registries.ts";
import { blobPlaceOf, digestAt, openSide, rootOf, type SyncSide } from "./sync-side.ts";

/** Images looked at or copied at a time; how many requests that makes is for the budgets to say. */
const IMAGES_AT_A_TIME = 16;

type Outcome = Omit<SyncResult, "item">;
type Changes = SyncOptions & { readonly choice: ImageChoice };

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
    if (options.keepsThere === true && current !== undefined)
      return { outcome: "unchanged", digest: current, bytes: 0 };
    const wanted = { ...options, choice: choiceFor(item, options) };
    const keepsBytes = options.format === undefined && options.layers?.compression === undefined;
    if (keepsBytes && current !== undefined) {
      const same = await isSame(current, root, source, wanted.choice);
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
    options: Changes,
  ): Promise<Outcome> {
    const run = {
      ledger: this.#ledger,
      place: blobPlaceOf(to),
      sourceBudgets: from.budgets,
      destinationBudgets: to.budgets,
    };
    const { context } = to.connection;
    const unshared = openDestination(to.place, context);
    const ends = shareCopy({ source: opened, destination: unshared }, run);
    await using destination = ends.destination;
    const { temporaryDirectory } = context;
    await using source = adaptSource(ends.source, destination, { ...options, temporaryDirectory });
    const root = await source.readManifest();
    const { digest } = root.descriptor;
    const isThere =
      digest === current && (!isSparse(options.choice) || (await isPublished(root, source, unshared)));
    if (isThere) return { outcome: "unchanged", digest, bytes: 0 };
    let bytes = 0;
    const onEvent = (event: CopyEvent): void => {
      if (event.kind === "copied") bytes += event.blob.size;
    };
    await copyImage(source, destination, copyOptions({ signal: this.#signal }, { ...options, onEvent }));
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

/** Which images of an item's index are copied. */
function choiceFor({ source, choice }: SyncItem, options: SyncOptions): ImageChoice {
  if (choice !== undefined) return choice;
  if (digestIn(source) !== undefined) return { kind: "all" };
  return options.choice ?? oneFor(hostPlatform());
}

/** Whether the index stays as it is though not all of its images come: then its digest does not tell which are there. */
function isSparse(choice: ImageChoice): boolean {
  return choice.kind === "some" && !choice.strip;
}

/** Whether the destination has what would be copied, as far as it can be told without asking more than that. */
async function isSame(
  current: Digest,
  root: Descriptor,
  source: ImageSource,
  choice: ImageChoice,
): Promise<boolean> {
  if (choice.kind === "some" && isIndexMediaType(root.mediaType))
    return choice.strip && (await chooseImages(source, choice).readManifest()).descriptor.digest === current;
  if (root.digest === current) return true;
  if (choice.kind !== "one" || !isIndexMediaType(root.mediaType)) return false;
  const index = await source.readManifest();
  if (index.kind !== "index") return false;
  return choosePlatform(index.content.manifests, choice.platform)?.digest === current;
}

/** What a copy would end with. Layers that would be compressed on the way count as a change. */
async function wouldCopy(
  source: ImageSource,
  current: Digest | undefined,
  { choice, format }: Changes,
): Promise<Outcome> {
  const chosen = chooseImages(source, choice);
  const converted = format === undefined ? chosen : convertFormat(chosen, format);
  const { digest } = (await converted.readManifest()).descriptor;
  return { outcome: digest === current ? "unchanged" : "pending", digest, bytes: 0 };
}

function digestIn(place: TransportName): Digest | undefined {
  return place.transport === "docker" ? place.reference.digest : undefined;
}
