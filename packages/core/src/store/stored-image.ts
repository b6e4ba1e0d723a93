import type { Descriptor, Digest, Platform } from "../oci/index.ts";
import type { Row, StateDatabase } from "./database.ts";

/** An image in the store, as lists show it. */
export interface StoredImage {
  /** The image ID: the digest of its config. */
  readonly id: Digest;
  readonly manifest: Descriptor;
  /** Full names, sorted. */
  readonly names: readonly string[];
  /** RFC 3339, as the config says; the epoch when it does not. */
  readonly created: string;
  /** Bytes of all its blobs. */
  readonly size: number;
  readonly platform: Platform;
  readonly labels: Readonly<Record<string, string>>;
  /** Of its layers, the lowest first. */
  readonly diffIds: readonly Digest[];
}

const COLUMNS = `images.id, images.descriptor, images.created, images.size, images.platform, images.labels, images.diff_ids,
  (SELECT json_group_array(name ORDER BY name) FROM names WHERE names.manifest = images.manifest) AS names`;

/** Images that fit an SQL condition, the newest first. Values are bound to the condition's question marks. */
export function selectImages(
  database: StateDatabase,
  condition = "true",
  ...values: string[]
): StoredImage[] {
  return database
    .all(
      `SELECT ${COLUMNS} FROM images WHERE ${condition} ORDER BY created DESC, added DESC, manifest`,
      ...values,
    )
    .map(fromRow);
}

function fromRow(row: Row): StoredImage {
  return {
    id: String(row["id"]) as Digest,
    manifest: JSON.parse(String(row["descriptor"])) as Descriptor,
    names: JSON.parse(String(row["names"])) as string[],
    created: String(row["created"]),
    size: Number(row["size"]),
    platform: JSON.parse(String(row["platform"])) as Platform,
    labels: JSON.parse(String(row["labels"])) as Record<string, string>,
    diffIds: JSON.parse(String(row["diff_ids"])) as Digest[],
  };
}
