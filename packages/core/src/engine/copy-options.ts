import type { CopySignatures, KnownBlobs } from "../image/index.ts";
import type { ImageHost } from "./connection.ts";
import type { CopyAnywhereOptions } from "./copy-anywhere.ts";

/** What of the options is about the transfer, not the image. */
export function copyOptions(
  { signal }: Pick<ImageHost, "signal">,
  options: Pick<
    CopyAnywhereOptions,
    "attempts" | "pauseMs" | "bandwidth" | "jobs" | "foreignLayers" | "onEvent"
  >,
  known?: KnownBlobs,
  signatures?: CopySignatures,
) {
  const { attempts, pauseMs, bandwidth, jobs, foreignLayers, onEvent } = options;
  return {
    ...(attempts === undefined ? {} : { attempts }),
    ...(pauseMs === undefined ? {} : { pauseMs }),
    ...(bandwidth === undefined ? {} : { bandwidth }),
    ...(jobs === undefined ? {} : { jobs }),
    ...(foreignLayers === undefined ? {} : { foreignLayers }),
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(signal === undefined ? {} : { signal }),
    ...(known === undefined ? {} : { known }),
    ...(signatures === undefined ? {} : { signatures }),
  };
}
