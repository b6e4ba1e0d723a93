import { boolean, string } from "@oclif/core/flags";
import {
  destinationFlags,
  registryFlags,
  registryOptions,
  sourceFlags,
  withBareValue,
} from "@wherry/core/cli";
import type { CompanionWishes, CopyAnywhereOptions } from "@wherry/core/engine";
import { CHANGING, changeFlags, changesAmong } from "./change-flags.ts";
import { choiceAmong, choiceFlags } from "./platform-flags.ts";
import { transferFlags, transfersAmong } from "./transfer-flags.ts";

/** What `copy` and `plan copy` are told alike. */
export const copyFlags = {
  ...choiceFlags,
  ...changeFlags,
  ...transferFlags,
  ...sourceFlags,
  ...destinationFlags,
  "allow-nondistributable-artifacts": boolean({
    aliases: ["include-external"],
    description: "Copy layers too that are not to be distributed, from where the image says they are",
  }),
  "additional-tag": string({
    multiple: true,
    helpValue: "NAME",
    description: "Another tag or name for the image at the destination (docker, oci, docker-archive)",
  }),
  "all-tags": boolean({
    exclusive: ["additional-tag"],
    description: "Copy all tags of a repository; both names are without tag",
  }),
  authfile: registryFlags.authfile,
  "dest-precompute-digests": boolean({
    description:
      "Know digests before layers are uploaded, to upload none that is there (which is always done)",
  }),
  "dest-shared-blob-dir": string({
    helpValue: "path",
    description: "Folder for blobs that OCI layouts share, at the destination",
  }),
  "digest-tags": boolean({
    exclusive: [...CHANGING, "all-tags"],
    description: "Copy the tags that are named for the image's digest too, such as cosign's sha256-HEX.sig",
  }),
  "no-clobber": boolean({ description: "Leave tags alone that are at the destination already" }),
  referrers: withBareValue(
    string({
      exclusive: [...CHANGING, "all-tags"],
      helpValue: "[=TYPE]",
      description:
        "Copy what refers to the image too: signatures, attestations; only those of an artifact type",
    }),
    "",
  ),
  "remove-signatures": boolean({ description: "Do not copy signatures of the source" }),
  "src-shared-blob-dir": string({
    helpValue: "path",
    description: "Folder for blobs that OCI layouts share, at the source",
  }),
};

type CopyInput = Parameters<typeof choiceAmong>[0] &
  Parameters<typeof changesAmong>[0] &
  Parameters<typeof transfersAmong>[0] & {
    readonly "additional-tag"?: readonly string[] | undefined;
    readonly "no-clobber": boolean;
    readonly "remove-signatures": boolean;
    readonly "allow-nondistributable-artifacts"?: boolean;
    readonly "src-shared-blob-dir"?: string | undefined;
    readonly "dest-shared-blob-dir"?: string | undefined;
  };

/** The options that `copyFlags` ask for. @throws {UsageError | InvalidPlatformError} */
export async function copyOptionsAmong(flags: CopyInput): Promise<CopyAnywhereOptions> {
  const choice = await choiceAmong(flags);
  const { "src-shared-blob-dir": sourceBlobs, "dest-shared-blob-dir": destinationBlobs } = flags;
  return {
    source: {
      registry: registryOptions({ ...flags }, "src-"),
      ...(sourceBlobs === undefined ? {} : { sharedBlobs: sourceBlobs }),
    },
    destination: {
      registry: registryOptions({ ...flags }, "dest-"),
      moreNames: flags["additional-tag"] ?? [],
      ...(destinationBlobs === undefined ? {} : { sharedBlobs: destinationBlobs }),
    },
    noClobber: flags["no-clobber"],
    withoutSignatures: flags["remove-signatures"],
    ...(flags["allow-nondistributable-artifacts"] === true ? { foreignLayers: true } : {}),
    ...changesAmong(flags),
    ...transfersAmong(flags),
    ...(choice === undefined ? {} : { choice }),
  };
}

/** What is to go with the image. */
export function companionsAmong(flags: {
  readonly referrers?: string | undefined;
  readonly "digest-tags": boolean;
  readonly "remove-signatures": boolean;
}): CompanionWishes {
  const { referrers } = flags;
  return {
    ...(referrers === undefined ? {} : { referrers: referrers === "" ? true : referrers }),
    digestTags: flags["digest-tags"],
    withoutSignatures: flags["remove-signatures"],
  };
}
