import { join } from "node:path";
import { readIfThere, writeFileAtomically } from "../io/index.ts";
import type { ResolvedUser } from "../spec/index.ts";
import type { BundleInput } from "./bundle-input.ts";
import { UnknownHostUserError } from "./errors.ts";
import { findInLayers } from "./find-in-layers.ts";
import type { StepHost } from "./host.ts";
import { findPasswdEntry, userEntries } from "./user-entries.ts";

/** A file whose content is put at the end of a file of the root file system, by their paths on the host. */
export interface Append {
  readonly from: string;
  readonly to: string;
}

/** Lines for /etc/passwd and /etc/group, in files of the bundle; where the image has no such file it gets none. */
export function writeUserEntries(
  host: StepHost,
  bundle: string,
  { layers, rootfs, isolation = {}, workingDir, hostUsers = [] }: BundleInput,
  tables: { readonly passwd: string; readonly group: string; readonly user: ResolvedUser },
): Append[] {
  const named = (isolation.hostUsers ?? []).map((text) => {
    const entry = findPasswdEntry(readIfThere(join(host.etc, "passwd")) ?? "", text);
    if (entry === undefined) throw new UnknownHostUserError(text);
    return entry;
  });
  const entries = userEntries({ ...tables, isolation, workingDir, hostUsers: [...hostUsers, ...named] });
  return (["passwd", "group"] as const).flatMap((name) => {
    const place = findInLayers(layers, `/etc/${name}`);
    if (entries[name] === "" || place?.kind !== "other") return [];
    const from = join(bundle, `${name}.more`);
    writeFileAtomically(from, entries[name], { sync: false });
    return [{ from, to: join(rootfs, place.path) }];
  });
}
