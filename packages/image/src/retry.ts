import { integer, string } from "@oclif/core/flags";

/** skopeo's flags for tries after the first. */
export const retryFlag = {
  "retry-delay": string({
    helpValue: "duration",
    description: "Pause before the first retry, which doubles with each",
  }),
  "retry-times": integer({ helpValue: "int", min: 0, description: "The number of times to possibly retry" }),
};
