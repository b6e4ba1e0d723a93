import { integer, string } from "@oclif/core/flags";
import { parseDuration } from "@wherry/core/cli";

/** skopeo's flags for tries after the first. */
export const retryFlag = {
  "retry-delay": string({
    helpValue: "duration",
    description: "Pause before the first retry, which doubles with each",
  }),
  "retry-times": integer({ helpValue: "int", min: 0, description: "The number of times to possibly retry" }),
};

/** Tries of each request and transfer, the first included, and the pause before the second; undefined leaves it to the engine. */
export interface Tries {
  readonly attempts?: number;
  readonly pauseMs?: number;
}

/** The tries that `retryFlag` asks for. @throws {UsageError} for a delay that is no duration */
export function triesAmong(flags: {
  readonly "retry-times"?: number | undefined;
  readonly "retry-delay"?: string | undefined;
}): Tries {
  const { "retry-times": times, "retry-delay": delay } = flags;
  return {
    ...(times === undefined ? {} : { attempts: times + 1 }),
    ...(delay === undefined ? {} : { pauseMs: parseDuration(delay) }),
  };
}
