/** What is known of the steps in the build cache, to list, explain and prune them. */
export const BUILD_CACHE_TABLES = `
  CREATE TABLE build_steps (
    key          TEXT PRIMARY KEY REFERENCES build_cache (key) ON DELETE CASCADE,
    created      TEXT NOT NULL,         -- RFC 3339
    text         TEXT NOT NULL,         -- the instruction as it was written
    place        TEXT NOT NULL,         -- which step of which file it was
    size         INTEGER NOT NULL,      -- bytes of its layer
    milliseconds INTEGER NOT NULL,      -- what it took
    inputs       BLOB NOT NULL          -- JSON, deflated: a short digest of everything that went in
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX build_steps_by_text ON build_steps (text);
  CREATE INDEX build_steps_by_place ON build_steps (place);
`;
