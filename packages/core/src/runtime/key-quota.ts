import { join } from "node:path";
import { readIfThere } from "../io/index.ts";

/** Kernel keys that are left to the user's own programs, and to containers that start this moment. */
const RESERVE = 20;

/** How many kernel keys a user has, and may have. */
export interface KeyQuota {
  readonly used: number;
  readonly limit: number;
}

/**
 * The user's quota of kernel keys where it is nearly used up; undefined where there is room. A container's own keyring takes one,
 * and the kernel's limit for ordinary users is 200 (keyrings(7), `/proc/key-users` in proc(5)).
 */
export function shortKeyQuota(procRoot: string, uid: number): KeyQuota | undefined {
  const users = readIfThere(join(procRoot, "key-users")) ?? ""; // a kernel without keys has none
  const line = users.split("\n").find((each) => each.trimStart().startsWith(`${uid}:`));
  const [, used, limit] = /\s(\d+)\/(\d+)\s+\d+\/\d+\s*$/.exec(line ?? "") ?? [];
  if (used === undefined || limit === undefined) return undefined;
  const quota = { used: Number(used), limit: Number(limit) };
  return quota.limit - quota.used < RESERVE ? quota : undefined;
}
