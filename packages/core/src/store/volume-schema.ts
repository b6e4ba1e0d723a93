/** The table of volumes. */
export const VOLUMES = `
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
  `;
