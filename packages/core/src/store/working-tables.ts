/** Tables of working containers and of manifest lists: `MIGRATIONS` has them. */
export const WORKING_TABLES = `
  -- Containers that \`wherry-build from\` makes; \`state\` is the builder's business.
  CREATE TABLE working_containers (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    state   TEXT NOT NULL              -- JSON
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE working_refs (
    id     TEXT NOT NULL REFERENCES working_containers (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    PRIMARY KEY (id, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX working_refs_by_digest ON working_refs (digest);

  -- Indexes of several images, while they are put together and after.
  CREATE TABLE lists (
    id      TEXT PRIMARY KEY,          -- 64 hex digits, the same whatever is added
    created TEXT NOT NULL,
    content TEXT NOT NULL              -- the index, JSON
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE list_names (
    name TEXT PRIMARY KEY,
    id   TEXT NOT NULL REFERENCES lists (id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE list_refs (
    id     TEXT NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    PRIMARY KEY (id, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX list_refs_by_digest ON list_refs (digest);
`;
