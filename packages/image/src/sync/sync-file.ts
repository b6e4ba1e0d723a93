import { readFileSync } from "node:fs";
import { FileSystemError } from "@wherry/core/error";
import { InvalidSyncFileError } from "./errors.ts";
import { RegistryEntry, type SyncRepository } from "./sync-file-entry.ts";
import { isFields, isNothing, type Fields } from "./yaml-values.ts";

/** What a sync file asks for. */
export interface SyncFile {
  readonly repositories: readonly SyncRepository[];
  /** Registries of which nothing is asked. */
  readonly warnings: readonly string[];
}

/**
 * Reads skopeo's YAML, and ours: `repositories` with one or several entries each, that have `tags`, `include`, `exclude`,
 * `semver`, `newest`, `platforms`, `rename` and their own `credentials`, `tls-verify` and `cert-dir`. All of it is checked
 * before anything of it is used.
 *
 * @throws {InvalidSyncFileError} naming every bad entry
 */
export async function readSyncFile(path: string): Promise<SyncFile> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("read", path, error);
  }
  return parseSyncFile(text, path);
}

/** As `readSyncFile`. @param path what messages call it */
export async function parseSyncFile(text: string, path: string): Promise<SyncFile> {
  const problems: string[] = [];
  const repositories: SyncRepository[] = [];
  const warnings: string[] = [];
  for (const [registry, content] of await readYaml(text, path)) {
    const found = new RegistryEntry(registry, content, problems).repositories();
    if (found.length === 0 && problems.length === 0)
      warnings.push(`No images specified for registry ${registry}`);
    repositories.push(...found);
  }
  if (problems.length > 0) throw new InvalidSyncFileError(path, problems);
  return { repositories, warnings };
}

/** Scalars stay the text they are: 1.10 is a tag, not a number. */
async function readYaml(text: string, path: string): Promise<Fields> {
  const { parseDocument } = await import("yaml");
  const document = parseDocument(text, { schema: "failsafe", merge: true });
  if (document.errors.length > 0) {
    const lines = document.errors.map(({ message }) => message.split("\n")[0]?.replace(/:$/, "") ?? message);
    throw new InvalidSyncFileError(path, lines);
  }
  let content: unknown;
  try {
    content = document.toJS({ mapAsMap: true, maxAliasCount: 100 });
  } catch (error) {
    throw new InvalidSyncFileError(path, [error instanceof Error ? error.message : String(error)], error);
  }
  if (isNothing(content)) return new Map();
  if (isFields(content)) return content;
  throw new InvalidSyncFileError(path, ["expected registries, each with its images"]);
}
