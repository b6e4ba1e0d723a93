import { BUILD_CACHE_TABLES } from "./build-cache-tables.ts";
import { WORKING_TABLES } from "./working-tables.ts";
import { NAME_HISTORY } from "./name-history.ts";
import { SECRETS } from "./secret-schema.ts";
import { VOLUMES } from "./volume-schema.ts";

/** The statements that lead from version N (the index) to N + 1. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE images (
    manifest   TEXT PRIMARY KEY,       -- digest of the manifest
    id         TEXT NOT NULL,          -- digest of the config
    descriptor TEXT NOT NULL,          -- JSON
    created    TEXT NOT NULL,          -- RFC 3339, as the config says
    size       INTEGER NOT NULL,       -- bytes of all blobs
    platform   TEXT NOT NULL,          -- JSON
    labels     TEXT NOT NULL,          -- JSON
    diff_ids   TEXT NOT NULL,          -- JSON
    added      TEXT NOT NULL           -- when it came into the store
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX images_by_id ON images (id);

  CREATE TABLE names (
    name     TEXT PRIMARY KEY,
    manifest TEXT NOT NULL REFERENCES images (manifest) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX names_by_manifest ON names (manifest);

  -- What an image keeps alive: blobs by digest, layers by diffID.
  CREATE TABLE image_refs (
    manifest TEXT NOT NULL REFERENCES images (manifest) ON DELETE CASCADE,
    digest   TEXT NOT NULL,
    PRIMARY KEY (manifest, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX image_refs_by_digest ON image_refs (digest);

  CREATE TABLE layers (
    diff_id TEXT PRIMARY KEY,
    size    INTEGER NOT NULL,          -- bytes of the uncompressed tar
    entries INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Which layer a blob holds, for blobs here and for those we compressed on their way out.
  CREATE TABLE layer_blobs (
    digest  TEXT PRIMARY KEY,
    diff_id TEXT NOT NULL,
    size    INTEGER NOT NULL,
    writer  TEXT                       -- what compressed it, if we did
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX layer_blobs_by_diff_id ON layer_blobs (diff_id);

  CREATE TABLE pins (
    digest     TEXT NOT NULL,
    pid        INTEGER NOT NULL,
    start_time TEXT NOT NULL,
    PRIMARY KEY (digest, pid, start_time)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE containers (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE,
    created    TEXT NOT NULL,
    image_id   TEXT NOT NULL,
    image_name TEXT NOT NULL,
    config     TEXT NOT NULL           -- JSON
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX containers_by_image ON containers (image_id);

  CREATE TABLE build_cache (
    key   TEXT PRIMARY KEY,
    entry TEXT NOT NULL,               -- JSON
    used  TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE build_cache_refs (
    key    TEXT NOT NULL REFERENCES build_cache (key) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    PRIMARY KEY (key, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX build_cache_refs_by_digest ON build_cache_refs (digest);
  `,
  WORKING_TABLES,
  VOLUMES,
  BUILD_CACHE_TABLES,
  SECRETS,
  NAME_HISTORY,
];
