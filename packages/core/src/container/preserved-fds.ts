import { openSync, readlinkSync } from "node:fs";
import { errnoOf } from "../error/index.ts";
import { DescriptorMissingError } from "./errors.ts";

/** Which of our file descriptors a program gets too. */
export interface DescriptorChoice {
  /** How many from 3 on. */
  readonly count?: number | undefined;
  /** Or just these, each under its own number. */
  readonly numbers?: readonly number[] | undefined;
}

/** What a program has from descriptor 3 on: descriptors of ours. */
export type PreservedFds = readonly number[];

/**
 * The descriptors of ours that a program is to have from 3 on; where only greater ones are wanted, /dev/null.
 *
 * @throws {DescriptorMissingError} where one was not given to us
 */
export function preservedFds({ count = 0, numbers = [] }: DescriptorChoice): PreservedFds {
  const most = Math.max(count, ...numbers.map((fd) => fd - 2));
  const wanted = Array.from({ length: most }, (_, index) => 3 + index);
  const asked = new Set(numbers.length === 0 ? wanted : numbers);
  for (const fd of asked) if (!isGiven(fd)) throw new DescriptorMissingError(fd);
  if (asked.size === wanted.length) return wanted;
  const nothing = openSync("/dev/null", "r+");
  return wanted.map((fd) => (asked.has(fd) ? fd : nothing));
}

/** What Node has opened for itself is mostly of the kernel's nameless kinds: its event loop. */
function isGiven(fd: number): boolean {
  try {
    return !readlinkSync(`/proc/self/fd/${fd}`).startsWith("anon_inode:");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}
