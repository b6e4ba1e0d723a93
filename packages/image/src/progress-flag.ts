import { string } from "@oclif/core/flags";
import type { ProgressStyle } from "@wherry/core/cli";

const STYLES: readonly ProgressStyle[] = ["tty", "plain", "json"];

/** How what happens is told on standard error. */
export const progressFlag = {
  progress: string({
    options: [...STYLES],
    description: "Show progress as bars, as plain lines, or as JSON, one object a line",
  }),
};

/** What `progressFlag` asks for; undefined where the terminal decides. */
export function progressStyleAmong({
  progress,
}: {
  readonly progress?: string | undefined;
}): ProgressStyle | undefined {
  return STYLES.find((style) => style === progress);
}
