import { randomBytes } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { errnoOf } from "../error/index.ts";

const SIZE = 512 * 1024;

/**
 * Keeps a file of half a megabyte that nobody reads: on a full disk the database cannot even note that something is removed,
 * so what removes gives up this file first.
 */
export function keepReserve(path: string): void {
  if (existsSync(path)) return;
  try {
    writeFileSync(path, randomBytes(SIZE), { mode: 0o600 });
  } catch (error) {
    rmSync(path, { force: true });
    if (!isFull(error)) throw error;
  }
}

/** Gives the reserve's room back; whether there was any. */
export function spendReserve(path: string): boolean {
  if (!existsSync(path)) return false;
  rmSync(path, { force: true });
  return true;
}

/** Whether a failure means that the disk, or the user's share of it, is full. */
export function isFull(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "ENOSPC" || errno === "EDQUOT";
}
