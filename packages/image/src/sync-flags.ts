import { string as stringArg } from "@oclif/core/args";
import { boolean, integer, string } from "@oclif/core/flags";
import { destinationFlags, registryFlags, registryOptions, sourceFlags, UsageError } from "@wherry/core/cli";
import type { RegistryOptions, SyncOptions } from "@wherry/core/engine";
import { changeFlags, changesAmong } from "./change-flags.ts";
import { choiceAmong, choiceFlags } from "./platform-flags.ts";
import type { SyncTarget } from "./sync/destination-name.ts";
import { compilePattern } from "./sync/pattern.ts";
import { isRepositoryName } from "./sync/repository-name.ts";
import type { SyncOrigin } from "./sync/sync-plan.ts";
import type { TagFilter } from "./sync/tag-filter.ts";
import { tagFilterAmong, tagFlags } from "./tag-flags.ts";
import { transferFlags, transfersAmong } from "./transfer-flags.ts";

const SOURCES = ["docker", "dir", "oci", "yaml"] as const;
const DESTINATIONS = ["docker", "dir", "oci", "oci-archive"] as const;

export const syncArgs = {
  source: stringArg({ required: true, description: "where to read, for --src" }),
  destination: stringArg({ required: true, description: "where to write, for --dest" }),
};

/** What `sync` and `plan sync` are told alike. */
export const syncFlags = {
  "append-suffix": string({ helpValue: "string", description: "Append this to the tags at DESTINATION" }),
  authfile: registryFlags.authfile,
  "delete-extra": integer({
    min: 1,
    helpValue: "N",
    description:
      "When all is copied, delete tags of the destination's repositories that were not asked for; if more than N, delete none",
  }),
  dest: string({
    char: "d",
    required: true,
    options: [...DESTINATIONS],
    description: "DESTINATION transport type",
  }),
  "immutable-tags": string({
    helpValue: "REGEX",
    description: "Tags that never move: if the destination has one, it is not compared",
  }),
  "remove-signatures": boolean({ description: "Do not copy signatures of the sources" }),
  rename: string({
    helpValue: "NAME",
    exclusive: ["scoped"],
    description: "Name of the repository at DESTINATION, where --src docker gives one",
  }),
  scoped: boolean({ description: "Keep the whole name of the source image at DESTINATION" }),
  src: string({ char: "s", required: true, options: [...SOURCES], description: "SOURCE transport type" }),
  ...tagFlags,
  ...choiceFlags,
  ...changeFlags,
  ...transferFlags,
  ...sourceFlags,
  ...destinationFlags,
};

/** What a sync is asked for. */
export interface SyncRequest {
  readonly origin: SyncOrigin;
  readonly target: SyncTarget;
  readonly filter: TagFilter;
  readonly options: SyncOptions;
  /** How the registry written to is spoken to. */
  readonly destination: RegistryOptions;
  /** Most tags to delete that nobody asked for; undefined when they stay. */
  readonly deleteExtra: number | undefined;
}

type SyncInput = Parameters<typeof choiceAmong>[0] &
  Parameters<typeof changesAmong>[0] &
  Parameters<typeof transfersAmong>[0] &
  Parameters<typeof tagFilterAmong>[0] & {
    readonly src: string;
    readonly dest: string;
    readonly scoped: boolean;
    readonly "remove-signatures": boolean;
    readonly rename?: string | undefined;
    readonly "append-suffix"?: string | undefined;
    readonly "delete-extra"?: number | undefined;
    readonly "immutable-tags"?: string | undefined;
  };

/** The sync that `syncFlags` ask for. Wrong filters end it here, before any request. @throws {UsageError | InvalidPatternError} */
export async function syncRequestAmong(
  { source, destination }: { readonly source: string; readonly destination: string },
  flags: SyncInput,
): Promise<SyncRequest> {
  const choice = await choiceAmong(flags);
  const { "immutable-tags": immutable, rename } = flags;
  if (rename !== undefined && flags.src !== "docker") throw new UsageError("--rename needs --src docker");
  return {
    origin: {
      transport: SOURCES.find((known) => known === flags.src) ?? "docker",
      location: source,
      options: registryOptions({ ...flags }, "src-"),
      ...(rename === undefined ? {} : { rename: repositoryName(rename) }),
    },
    target: targetAmong(destination, flags),
    filter: tagFilterAmong(flags),
    options: {
      withoutSignatures: flags["remove-signatures"],
      ...changesAmong(flags),
      ...transfersAmong(flags),
      ...(choice === undefined ? {} : { choice }),
      ...(immutable === undefined ? {} : { isImmutable: compilePattern(immutable) }),
    },
    destination: registryOptions({ ...flags }, "dest-"),
    deleteExtra: flags["delete-extra"],
  };
}

/** @throws {UsageError | InvalidReferenceError} for what names no repository */
function repositoryName(text: string): string {
  if (isRepositoryName(text)) return text;
  throw new UsageError(`--rename wants a name without tag or digest, not ${text}`);
}

function targetAmong(location: string, flags: SyncInput): SyncTarget {
  const transport = DESTINATIONS.find((known) => known === flags.dest) ?? "docker";
  if (location === "") throw new UsageError("the destination is empty");
  if (transport !== "docker" && flags["delete-extra"] !== undefined)
    throw new UsageError("--delete-extra needs --dest docker");
  return { transport, location, scoped: flags.scoped, appendSuffix: flags["append-suffix"] ?? "" };
}
