/**
 * Every name an image has had, whoever gives and takes it: the database itself keeps the table. Not by INSERT OR IGNORE: in a
 * trigger that gives way to what the outer statement says of conflicts.
 */
export const NAME_HISTORY = `
  CREATE TABLE name_history (
    manifest TEXT NOT NULL REFERENCES images (manifest) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    PRIMARY KEY (manifest, name)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO name_history SELECT manifest, name FROM names;
  CREATE TRIGGER names_given AFTER INSERT ON names
    BEGIN
      INSERT INTO name_history SELECT new.manifest, new.name
        WHERE NOT EXISTS (SELECT 1 FROM name_history WHERE manifest = new.manifest AND name = new.name);
    END;
  CREATE TRIGGER names_moved AFTER UPDATE OF manifest ON names
    BEGIN
      INSERT INTO name_history SELECT new.manifest, new.name
        WHERE NOT EXISTS (SELECT 1 FROM name_history WHERE manifest = new.manifest AND name = new.name);
    END;
  `;
