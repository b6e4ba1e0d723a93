import type { Readable } from "node:stream";
import type { Descriptor, Digest, Manifest } from "../oci/index.ts";
import {
  acceptanceOf,
  canMountBlobs,
  originOf,
  signaturesOf,
  type ImageDestination,
  type ImageSource,
  type RegistryOrigin,
} from "../transport/index.ts";
import type { BlobLedger, Claim } from "./blob-ledger.ts";
import { takeAll, within, type Budget } from "./budget.ts";

/** What the copies of one run share. */
export interface SharedRun {
  readonly ledger: BlobLedger;
  /** Where the blobs of this image go. */
  readonly place: RegistryOrigin;
  /** What requests count against: the budget of each side's registry, none where a side is no registry. */
  readonly sourceBudgets: readonly Budget[];
  readonly destinationBudgets: readonly Budget[];
}

/** Both ends of one copy. */
export interface CopyEnds {
  readonly source: ImageSource;
  readonly destination: ImageDestination;
}

/**
 * Both ends of a copy that runs beside others: within the budgets of the registries, and no blob is brought that another
 * copy brings; what another repository of the registry has by then is mounted. After its
 * first failure a copy claims nothing any more and waits for nobody, so that copies cannot wait for each other in a circle.
 */
export function shareCopy({ source, destination }: CopyEnds, run: SharedRun): CopyEnds {
  const claims = new Claims(run);
  return {
    source: sharedSource(source, run, claims),
    destination: sharedDestination(destination, run, claims),
  };
}

/** The same source; each manifest is read once, within the budgets. */
export function budgetedManifests(source: ImageSource, budgets: readonly Budget[]): ImageSource {
  const manifests = new Map<Digest | undefined, Promise<Manifest>>();
  return {
    get origin() {
      return originOf(source);
    },
    readManifest(digest?: Digest) {
      const asked = manifests.get(digest) ?? within(budgets, () => source.readManifest(digest));
      manifests.set(digest, asked);
      return asked;
    },
    ...signaturesOf(source),
    readBlob: (blob: Descriptor) => source.readBlob(blob),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

/** The blobs that one copy has claimed and not brought yet. */
class Claims {
  readonly #run: SharedRun;
  readonly #open = new Map<Digest, Claim>();
  readonly #failed = new AbortController();

  constructor(run: SharedRun) {
    this.#run = run;
  }

  async add(digest: Digest): Promise<Claim | undefined> {
    const claim = await this.#run.ledger.claim(this.#run.place, digest, this.#failed.signal);
    if (claim !== undefined && !this.#failed.signal.aborted) this.#open.set(digest, claim);
    else claim?.settle(false);
    return claim;
  }

  arrived(digest: Digest): void {
    this.#open.get(digest)?.settle(true);
    this.#open.delete(digest);
  }

  giveUp(): void {
    this.#failed.abort();
    for (const claim of this.#open.values()) claim.settle(false);
    this.#open.clear();
  }

  /** Does what, if it fails, lets the copy fail. */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.giveUp();
      throw error;
    }
  }
}

function sharedSource(source: ImageSource, run: SharedRun, claims: Claims): ImageSource {
  return {
    get origin() {
      return originOf(source);
    },
    readManifest: (digest?: Digest) => source.readManifest(digest),
    /** Counts on both sides from the opening until the stream is closed: who copies it writes it meanwhile. */
    async readBlob(blob: Descriptor) {
      const giveBack = await takeAll([...run.sourceBudgets, ...run.destinationBudgets]);
      let content: Readable;
      try {
        content = await claims.guard(() => source.readBlob(blob));
      } catch (error) {
        giveBack(false);
        throw error;
      }
      content.once("close", () => giveBack(content.readableEnded));
      return content;
    },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  } as ImageSource;
}

function sharedDestination(destination: ImageDestination, run: SharedRun, claims: Claims): ImageDestination {
  const within_ = <T>(work: () => Promise<T>): Promise<T> =>
    claims.guard(() => within(run.destinationBudgets, work));
  const mountBlob = async (blob: Descriptor, from: RegistryOrigin): Promise<boolean> => {
    const mounter = canMountBlobs(destination) ? destination : undefined;
    const isMounted = mounter !== undefined && (await within_(() => mounter.mountBlob(blob, from)));
    if (isMounted) claims.arrived(blob.digest);
    return isMounted;
  };
  return {
    accepts: acceptanceOf(destination),
    mountBlob,
    async hasBlob(blob: Descriptor) {
      const claim = await claims.add(blob.digest);
      if (claim === undefined) return true;
      if (claim.elsewhere !== undefined && (await mountBlob(blob, claim.elsewhere))) return true;
      const isThere = await within_(() => destination.hasBlob(blob));
      if (isThere) claims.arrived(blob.digest);
      return isThere;
    },
    async writeBlob(blob: Descriptor, content: Readable) {
      await claims.guard(() => destination.writeBlob(blob, content));
      claims.arrived(blob.digest);
    },
    writeManifest: (manifest: Manifest) => within_(() => destination.writeManifest(manifest)),
    commit: (root: Descriptor) => within_(() => destination.commit(root)),
    async [Symbol.asyncDispose]() {
      claims.giveUp();
      await destination[Symbol.asyncDispose]();
    },
  } as ImageDestination;
}
