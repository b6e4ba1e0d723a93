/** Tables of what containers use besides their image. */
export const VOLUMES_AND_SECRETS = `
  CREATE TABLE volumes (
    name      TEXT PRIMARY KEY,
    created   TEXT NOT NULL,           -- RFC 3339
    options   TEXT NOT NULL,           -- JSON
    labels    TEXT NOT NULL,           -- JSON
    uid       INTEGER NOT NULL,
    gid       INTEGER NOT NULL,
    anonymous INTEGER NOT NULL,        -- made for one container, and removed with it
    fresh     INTEGER NOT NULL         -- no container has used it yet
  ) STRICT, WITHOUT ROWID;

  -- What a secret says is in a file of its own.
  CREATE TABLE secrets (
    id      TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    labels  TEXT NOT NULL              -- JSON
  ) STRICT, WITHOUT ROWID;
  `;
