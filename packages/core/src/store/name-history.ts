/** Every name an image has had, whoever gives and takes it: the database itself keeps the table. */
export const NAME_HISTORY = `
  CREATE TABLE name_history (
    manifest TEXT NOT NULL REFERENCES images (manifest) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    PRIMARY KEY (manifest, name)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO name_history SELECT manifest, name FROM names;
  CREATE TRIGGER names_given AFTER INSERT ON names
    BEGIN INSERT OR IGNORE INTO name_history VALUES (new.manifest, new.name); END;
  CREATE TRIGGER names_moved AFTER UPDATE OF manifest ON names
    BEGIN INSERT OR IGNORE INTO name_history VALUES (new.manifest, new.name); END;
  `;
