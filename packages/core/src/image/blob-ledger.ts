import type { Digest } from "../oci/index.ts";
import type { RegistryOrigin } from "../transport/index.ts";

/** A blob on its way to a registry, or there. */
interface Entry {
  readonly repositories: Set<string>;
  /** Settled when who brings it has ended, with or without success. */
  underWay: Promise<void> | undefined;
}

/** The right to bring a blob: nobody else does until it is settled. */
export interface Claim {
  /** Where in the same registry the blob is already, to be mounted from. */
  readonly elsewhere: RegistryOrigin | undefined;
  /** @param arrived whether the repository has the blob now */
  settle(arrived: boolean): void;
}

/** Which blobs one run has brought where, so that images that share them bring each once. */
export class BlobLedger {
  readonly #entries = new Map<string, Entry>();

  /**
   * Waits until nobody else brings the blob to that registry.
   *
   * @param patience ends the waiting: then the blob is brought although somebody else may do it too
   * @returns undefined when the repository has the blob; else the claim to bring it
   */
  async claim(
    { registry, repository }: RegistryOrigin,
    digest: Digest,
    patience: AbortSignal,
  ): Promise<Claim | undefined> {
    const key = `${registry} ${digest}`;
    const entry = this.#entries.get(key) ?? { repositories: new Set<string>(), underWay: undefined };
    this.#entries.set(key, entry);
    while (entry.underWay !== undefined && !patience.aborted) await ended(entry.underWay, patience);
    if (entry.repositories.has(repository)) return undefined;
    let resolve = (): void => undefined;
    const promise = new Promise<void>((settled) => {
      resolve = settled;
    });
    entry.underWay ??= promise;
    const [other] = entry.repositories;
    return {
      elsewhere: other === undefined ? undefined : { registry, repository: other },
      settle: (arrived) => {
        if (arrived) entry.repositories.add(repository);
        if (entry.underWay === promise) entry.underWay = undefined;
        resolve();
      },
    };
  }
}

/** Waits for the end of the work, or of patience; leaves no listener behind. */
function ended(work: Promise<void>, patience: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      patience.removeEventListener("abort", done);
      resolve();
    };
    patience.addEventListener("abort", done);
    void work.then(done);
  });
}
