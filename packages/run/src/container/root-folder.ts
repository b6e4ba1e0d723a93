import { statSync } from "node:fs";
import { resolve } from "node:path";
import { UsageError } from "@wherry/core/cli";
import type { RootFolder } from "@wherry/core/container";
import { errnoOf, FileSystemError } from "@wherry/core/error";

/**
 * Reads what stands for the image with `--rootfs`: a folder, or `FOLDER:O`.
 *
 * @param base where relative paths start
 * @throws {UsageError | FileSystemError} for what is no folder
 */
export function parseRootFolder(text: string, base: string): RootFolder {
  const isOverlay = text.endsWith(":O");
  const path = resolve(base, isOverlay ? text.slice(0, -2) : text);
  try {
    if (statSync(path).isDirectory()) return { path, isOverlay };
  } catch (error) {
    if (errnoOf(error) !== undefined) throw new FileSystemError("stat", path, error);
    throw error;
  }
  throw new UsageError(`--rootfs needs a folder, and ${path} is none`);
}
