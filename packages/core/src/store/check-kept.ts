import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Problem } from "./check.ts";
import { listOrphans, readNames } from "./staging.ts";
import type { StoreParts } from "./store-parts.ts";

/** Volumes without a folder, folders without a volume, and what killed removals left beside them. */
export function checkVolumes({ volumes, paths }: StoreParts): Problem[] {
  const records = volumes.list();
  const known = new Set(records.map(({ name }) => name));
  const isApart = dirname(paths.volumes) !== paths.root;
  const orphans = isApart ? listOrphans(paths.volumes).filter((path) => isTrash(path)) : [];
  return [
    ...records
      .filter(({ name }) => !existsSync(volumes.path(name)))
      .map(({ name }): Problem => {
        return { kind: "volume-without-folder", name, message: `volume ${name} has lost its files` };
      }),
    ...orphans.map((path): Problem => {
      return { kind: "staging-orphan", path, message: `${path} was left by a process that has ended` };
    }),
    ...readNames(paths.volumes)
      .filter((name) => !known.has(name) && !isTrash(name))
      .map((name): Problem => {
        const path = join(paths.volumes, name);
        const message = `${path} belongs to no volume; \`volume create ${name}\` makes it one`;
        return { kind: "folder-without-volume", path, message };
      }),
  ];
}

/** Secrets without data, and data that a killed process left. */
export function checkSecrets({ secrets, paths }: StoreParts): Problem[] {
  const records = secrets.list();
  const known = new Set(records.map(({ id }) => id));
  return [
    ...records
      .filter(({ id }) => !existsSync(secrets.path(id)))
      .map(({ id, name }): Problem => {
        return { kind: "secret-without-data", id, message: `the data of secret ${name} is gone` };
      }),
    ...readNames(paths.secrets)
      .filter((id) => !known.has(id))
      .map((id): Problem => {
        const path = join(paths.secrets, id);
        return { kind: "secret-unused", path, message: `${path} belongs to no secret` };
      }),
  ];
}

function isTrash(path: string): boolean {
  return /(?:^|\/)trash-\d+-\d+-[0-9a-f]+$/.test(path);
}
