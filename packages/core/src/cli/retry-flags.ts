import { integer, string } from "@oclif/core/flags";
import { parseDuration } from "./duration.ts";

/** podman's and buildah's flags for tries after the first. */
export const retryFlags = {
  retry: integer({
    min: 0,
    description: "Number of times to retry a request or transfer that fails",
  }),
  "retry-delay": string({
    helpValue: "duration",
    description: "Pause before the first retry, such as 5s, which doubles with each",
  }),
};

/** Tries of each request and transfer, the first included, and the pause before the second; undefined leaves it to the engine. */
export interface Tries {
  readonly attempts?: number;
  readonly pauseMs?: number;
}

/** The flags that say it: podman's `--retry`, or skopeo's `--retry-times`. */
interface RetryInput {
  readonly retry?: unknown;
  readonly "retry-times"?: unknown;
  readonly "retry-delay"?: unknown;
}

/** The tries that flags ask for. @throws {UsageError} for a delay that is no duration */
export function triesAmong({ retry, "retry-times": times, "retry-delay": delay }: RetryInput): Tries {
  const retries = times ?? retry;
  return {
    ...(typeof retries === "number" ? { attempts: retries + 1 } : {}),
    ...(typeof delay === "string" ? { pauseMs: parseDuration(delay) } : {}),
  };
}
