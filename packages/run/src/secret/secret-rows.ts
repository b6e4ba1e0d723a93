import { goMap, GoTime } from "@wherry/core/cli";
import type { Store, SecretRecord } from "@wherry/core/store";

/** A secret to be shown; what it is only where that is asked for. */
export interface ShownSecret extends SecretRecord {
  readonly data?: string;
}

/** A secret as `secret inspect` shows it, in podman's fields. */
export function inspectSecret(
  store: Store,
  { id, name, created, updated, labels, data }: ShownSecret,
): object {
  return {
    ID: id,
    CreatedAt: new GoTime(created),
    UpdatedAt: new GoTime(updated),
    Spec: {
      Name: name,
      Driver: { Name: "file", Options: goMap({ path: store.paths.secrets }) },
      Labels: goMap({ ...labels }),
    },
    ...(data === undefined ? {} : { SecretData: data }),
  };
}

/** A secret for people. */
export function prettySecret({ id, name, created, updated, labels, data }: ShownSecret): string {
  const lines = Object.entries(labels).map(([key, value]) => ` - ${key}=${value}\n`);
  return [
    `ID:              ${id}\n`,
    `Name:              ${name}\n`,
    `Labels:\n${lines.join("")}`,
    `Driver:            file\n`,
    `Created at:        ${new GoTime(created).toString()}\n`,
    `Updated at:        ${new GoTime(updated).toString()}\n`,
    data === undefined ? "" : `Secret:            ${data}\n`,
  ].join("");
}
