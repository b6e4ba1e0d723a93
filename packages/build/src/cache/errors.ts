import { WherryError } from "@wherry/core/error";

/** What was read as a build cache is none. */
export class CacheDocumentError extends WherryError {
  override readonly code = "ERR_WHERRY_BUILD_CACHE_INVALID";
  constructor(problem: string) {
    super(`not a build cache: ${problem}`, {
      hint: "name a place that --cache-to or cache export has written",
    });
  }
}

/** A cache elsewhere promised a layer and does not give it: the build is done again without that cache. */
export class RemoteLayerLost extends Error {
  readonly place: string;
  constructor(place: string, cause: unknown) {
    super(`${place}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.place = place;
  }
}
