import { readFileSync } from "node:fs";
import { errnoOf, FileSystemError } from "../error/index.ts";
import { writeFileAtomically } from "../io/index.ts";
import { MEDIA_TYPE } from "../oci/index.ts";
import type { StateDatabase } from "./database.ts";
import { selectImages } from "./stored-image.ts";

/** The annotation under which an OCI layout names its manifests (image-spec annotations.md). */
export const REF_NAME = "org.opencontainers.image.ref.name";

/** The index.json that says what the database knows: one entry for each name, or one without for an image that has none. */
export function projectIndex(database: StateDatabase): string {
  const manifests = selectImages(database).flatMap(({ manifest, platform, names }) => {
    const { annotations, ...descriptor } = manifest;
    const entry = { ...descriptor, platform };
    if (names.length === 0) return [annotations === undefined ? entry : { ...entry, annotations }];
    return names.map((name) => ({ ...entry, annotations: { ...annotations, [REF_NAME]: name } }));
  });
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests });
}

/** Brings index.json up to date. Called inside a transaction, so that the last writer's is the newest. */
export function writeIndex(database: StateDatabase, path: string, sync: boolean): void {
  const text = projectIndex(database);
  if (text !== readIndex(path)) writeFileAtomically(path, text, { sync });
}

/** What index.json says now; undefined when there is none. */
export function readIndex(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new FileSystemError("read", path, error);
  }
}
