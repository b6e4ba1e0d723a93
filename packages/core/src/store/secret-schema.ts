/** The table of secrets: what is known of them; their data is in files. */
export const SECRETS = `
  CREATE TABLE secrets (
    id      TEXT PRIMARY KEY,          -- also the name of the file with the data
    name    TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,             -- RFC 3339
    updated TEXT NOT NULL,             -- RFC 3339
    labels  TEXT NOT NULL              -- JSON
  ) STRICT, WITHOUT ROWID;
  `;
