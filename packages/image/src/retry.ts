import { integer } from "@oclif/core/flags";

/** skopeo's flag for tries after the first. */
export const retryFlag = {
  "retry-times": integer({ helpValue: "int", min: 0, description: "The number of times to possibly retry" }),
};

/** Tries of each transfer, the first included; undefined leaves the choice to the engine. */
export function attemptsAmong(flags: { readonly "retry-times"?: number | undefined }): number | undefined {
  const times = flags["retry-times"];
  return times === undefined ? undefined : times + 1;
}
