import { goMap, GoTime } from "@wherry/core/cli";
import type { Store, SecretRecord } from "@wherry/core/store";

/** A secret as `secret inspect` shows it, in podman's fields: all but what it is. */
export function inspectSecret(store: Store, { id, name, created, updated, labels }: SecretRecord): object {
  return {
    ID: id,
    CreatedAt: new GoTime(created),
    UpdatedAt: new GoTime(updated),
    Spec: {
      Name: name,
      Driver: { Name: "file", Options: goMap({ path: store.paths.secrets }) },
      Labels: goMap({ ...labels }),
    },
  };
}

/** A secret for people. */
export function prettySecret({ id, name, created, updated, labels }: SecretRecord): string {
  const lines = Object.entries(labels).map(([key, value]) => ` - ${key}=${value}\n`);
  return [
    `ID:              ${id}\n`,
    `Name:              ${name}\n`,
    `Labels:\n${lines.join("")}`,
    `Driver:            file\n`,
    `Created at:        ${new GoTime(created).toString()}\n`,
    `Updated at:        ${new GoTime(updated).toString()}\n`,
  ].join("");
}
