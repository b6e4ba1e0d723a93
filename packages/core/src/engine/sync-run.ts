import {
  adaptSource,
  BlobLedger,
  type BlobLocations,
  Budget,
  budgetedManifests,
  copyImage,
  isPublished,
  shareCopy,
  type CopyEvent,
} from "../image/index.ts";
import type { Descriptor } from "../oci/index.ts";
import { openDestination, sweepStaging, type ImageSource } from "../transport/index.ts";
import { ArchiveTargets } from "./archive-targets.ts";
import { openAdmitted } from "./admit-source.ts";
import { carrySignatures } from "./carry-signatures.ts";
import type { Connection, ImageHost } from "./connection.ts";
import { copyOptions } from "./copy-options.ts";
import { eachItem } from "./each-item.ts";
import { checkExpected, pinned } from "./expected.ts";
import type { SyncItem, SyncOptions, SyncResult } from "./image-sync.ts";
import { KeptTags } from "./kept-tags.ts";
import { planImage, shareBlobs, type PlanAnswer, type PlannedImage } from "./plan-images.ts";
import type { PullWait } from "./pull-wait.ts";
import type { RegistryOptions } from "./registries.ts";
import { choiceFor, isSame, needsLook, type Compared } from "./sync-compared.ts";
import { blobPlaceOf, checkPullsLeft, digestAt, openSide, rootOf } from "./sync-side.ts";

/** Images looked at or copied at a time; how many requests that makes is for the budgets to say. */
const IMAGES_AT_A_TIME = 16;

/** Stands for the source's root where nobody asks for it. */
const UNKNOWN: Descriptor = { mediaType: "", digest: `sha256:${"0".repeat(64)}`, size: 0 };

type SyncHost = Pick<ImageHost, "host" | "signal" | "environment" | "policy">;
type Outcome = Omit<SyncResult, "item">;

/** What a run works with. */
interface SyncParts {
  /** Gives the connection for registry options; without options the one of all destinations. */
  readonly connect: (options?: RegistryOptions) => Connection;
  readonly locations: BlobLocations;
  readonly wait: PullWait;
}

/** The work of a sync: compares both sides of each item, and copies what differs, or tells what that would be. */
export class SyncRun {
  readonly #engine: SyncHost;
  readonly #signal: AbortSignal | undefined;
  readonly #ledger = new BlobLedger();
  readonly #parts: SyncParts;
  readonly #archives = new ArchiveTargets();
  readonly #budgets = new Map<string, Budget>();
  readonly #keptTags: KeptTags;

  constructor(engine: SyncHost, parts: SyncParts) {
    this.#engine = engine;
    this.#signal = engine.signal;
    this.#parts = parts;
    this.#keptTags = new KeptTags(parts.connect);
  }

  /** A registry asked for fewer requests. */
  throttled(location: string): void {
    this.#budgets.get(location)?.halve();
  }

  async copyAll(items: readonly SyncItem[], options: SyncOptions): Promise<SyncResult[]> {
    const { keepGoing = true, onResult } = options;
    sweepDestinations(items);
    let hasFailed = false;
    using archives = this.#archives;
    const results = await this.#each(items, async (item) => {
      const outcome: Outcome =
        hasFailed && !keepGoing
          ? { outcome: "skipped", bytes: 0 }
          : await this.#attempt(
              () => this.#parts.wait.patiently(() => this.#sync(item, options)),
              (error): Outcome => ({ outcome: "failed", bytes: 0, error }),
            );
      if (outcome.outcome === "failed") hasFailed = true;
      const result = { item, ...outcome };
      if (!isInArchive(result)) onResult?.(result);
      return result;
    });
    // what is in an archive is there only when the archive is
    const written = await archives.write(results);
    for (const result of written) if (isInArchive(result)) onResult?.(result);
    return written;
  }

  /** What `copyAll` would do. Nothing is written anywhere. */
  async planAll(items: readonly SyncItem[], options: SyncOptions): Promise<PlannedImage[]> {
    const failed = (item: SyncItem, error: unknown): PlannedImage => ({
      item,
      outcome: "failed",
      platforms: [],
      blobs: [],
      error,
    });
    const answers = await this.#each(items, (item) =>
      this.#attempt(
        () => this.#parts.wait.patiently(() => this.#plan(item, options)),
        (error) => failed(item, error),
      ),
    );
    return shareBlobs(answers);
  }

  /** What of the items is not as they expect it, on either side: the errors, by item. */
  async checkAll(items: readonly SyncItem[], options: SyncOptions): Promise<SyncResult[]> {
    const checked = await this.#each(items, (item) =>
      this.#attempt(
        async (): Promise<Outcome | undefined> => {
          await using _ = (await this.#compare(item, options)).source;
          return undefined;
        },
        (error): Outcome => ({ outcome: "failed", bytes: 0, error }),
      ),
    );
    return items.flatMap((item, index) => {
      const outcome = checked[index];
      return outcome === undefined ? [] : [{ item, ...outcome }];
    });
  }

  async #each<R>(items: readonly SyncItem[], work: (item: SyncItem) => Promise<R>): Promise<R[]> {
    const results = await eachItem(items, IMAGES_AT_A_TIME, work);
    this.#signal?.throwIfAborted();
    return results;
  }

  /** Whatever goes wrong with one image is its result, and the others are looked at all the same. */
  async #attempt<R>(work: () => Promise<R>, failed: (error: unknown) => R): Promise<R> {
    try {
      return await work();
    } catch (error) {
      this.#signal?.throwIfAborted();
      return failed(error);
    }
  }

  async #sync(item: SyncItem, options: SyncOptions): Promise<Outcome> {
    if (await this.#keptTags.has(item, options)) return { outcome: "unchanged", bytes: 0 };
    const compared = await this.#compare(item, options);
    await using _ = compared.source;
    const { current } = compared;
    const isSigned = options.signing !== undefined && options.keepsThere !== true;
    const isUnchanged = current !== undefined && !isSigned && (await isSame(compared));
    if (isUnchanged) return { outcome: "unchanged", digest: current, bytes: 0 };
    await checkPullsLeft(compared.from);
    return await this.#copy(item, compared);
  }

  async #plan(item: SyncItem, options: SyncOptions): Promise<PlanAnswer | PlannedImage> {
    const unchanged = { item, outcome: "unchanged", platforms: [], blobs: [] } as const;
    if (await this.#keptTags.has(item, options)) return unchanged;
    const compared = await this.#compare(item, options);
    await using source = compared.source;
    const { to, root, current } = compared;
    const known = current === undefined ? {} : { current, digest: current, found: root.digest };
    if (current !== undefined && (await isSame(compared))) return { ...unchanged, ...known };
    const destination = openDestination(to.place, to.connection.context, options.destination);
    const named = { source, from: item.source, destination, to: item.destination };
    const signatures = await carrySignatures(this.#engine, named, compared.changes);
    const changes = { ...compared.changes, ...signatures?.changes(compared.changes) };
    const answer = await planImage({ item, source, to, destination, signatures, root, current, changes });
    const isThere = answer.digest !== undefined && answer.digest === current && !needsLook(changes);
    return isThere ? { ...unchanged, ...known } : answer;
  }

  async #compare(item: SyncItem, options: SyncOptions): Promise<Compared> {
    const budgetFor = (location: string): Budget => this.#budgetFor(location, options.jobs);
    const from = await openSide(item.source, this.#parts.connect(item.registry ?? {}), "source", budgetFor);
    const to = await openSide(
      this.#archives.placeOf(item.destination),
      this.#parts.connect(),
      "destination",
      budgetFor,
    );
    const { foreignLayers = false } = options;
    const choice = choiceFor(item, options);
    let named: ImageSource | undefined;
    const source = await openAdmitted(this.#engine, item.source, from.connection, {
      ...{ ...options.source, foreignLayers, choice },
      watch: (opened) => (named = budgetedManifests(pinned(opened, item), from.budgets)),
    });
    const changes = { ...options, choice };
    const asking = rootOf(from, named ?? source);
    asking.catch(() => undefined); // awaited below, unless it does not matter any more
    const current = await digestAt(to, options.destination);
    const isDone = current !== undefined && current === item.expected?.digest && !needsLook(changes);
    const root = isDone ? undefined : await asking;
    if (root !== undefined) checkExpected(item, root.digest, current);
    return { from, to, source, root: root ?? UNKNOWN, isDone, current, changes };
  }

  async #copy(item: SyncItem, compared: Compared): Promise<Outcome> {
    const { source: opened, from, to, current, changes } = compared;
    const { context } = to.connection;
    const run = {
      ledger: this.#ledger,
      place: blobPlaceOf(to, changes.destination),
      sourceBudgets: from.budgets,
      destinationBudgets: to.budgets,
    };
    const unshared = openDestination(to.place, context, changes.destination);
    const ends = shareCopy({ source: opened, destination: unshared }, run);
    await using destination = ends.destination;
    const { temporaryDirectory } = context;
    const named = { source: opened, from: item.source, destination: unshared, to: item.destination };
    const signatures = await carrySignatures(this.#engine, named, changes);
    await using source = adaptSource(ends.source, destination, {
      ...{ ...changes, temporaryDirectory },
      ...signatures?.changes(changes),
    });
    const root = await source.readManifest();
    const { digest } = root.descriptor;
    const isThere =
      digest === current &&
      changes.signing === undefined &&
      changes.foreignLayers !== true &&
      (!needsLook(changes) || (await isPublished(root, source, unshared)));
    if (isThere) return { outcome: "unchanged", digest, bytes: 0 };
    let bytes = 0;
    const onEvent = (event: CopyEvent): void => {
      if (event.kind === "copied") bytes += event.blob.size;
      changes.onItemEvent?.(item, event);
    };
    const known = to.place.transport === "docker" ? this.#parts.locations.from(run.place) : undefined;
    const all = copyOptions({ signal: this.#signal }, { ...changes, onEvent }, known, signatures);
    await copyImage(source, destination, all);
    return { outcome: "copied", digest, bytes };
  }

  #budgetFor(location: string, jobs?: number): Budget {
    const limits = jobs === undefined ? undefined : { initial: Math.min(6, jobs), maximum: jobs };
    const budget = this.#budgets.get(location) ?? new Budget(limits);
    this.#budgets.set(location, budget);
    return budget;
  }
}

function isInArchive({ item }: SyncResult): boolean {
  return item.destination.transport === "oci-archive";
}

/** Removes what killed runs have left at the destinations, also of those images that turn out to be there already. */
function sweepDestinations(items: readonly SyncItem[]): void {
  const folders = items.flatMap(({ destination }) => {
    const { transport } = destination;
    return transport === "oci" || transport === "dir" ? [destination.path] : [];
  });
  for (const folder of new Set(folders)) sweepStaging(folder);
}
