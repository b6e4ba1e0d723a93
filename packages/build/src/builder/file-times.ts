import type { BuildDate } from "./request.ts";

/** The time of a file in a new layer, where one was asked for: all that time, or none later than it. */
export function changedTime(date: BuildDate | undefined): ((mtime: number) => number) | undefined {
  if (date === undefined || date.files === "keep") return undefined;
  return (mtime) => (date.files === "force" ? date.seconds : Math.min(mtime, date.seconds));
}
