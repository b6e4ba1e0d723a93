import { boolean, integer, string } from "@oclif/core/flags";
import { tagFilter, type TagFilter } from "./sync/tag-filter.ts";

/** Which tags of a repository are wanted. */
export const tagFlags = {
  "exclude-digest-tags": boolean({
    description: "Leave out tags that are named for a digest, such as cosign's sha256-HEX.sig",
  }),
  "exclude-tag": string({ multiple: true, helpValue: "REGEX", description: "Leave out tags that match" }),
  "include-tag": string({ multiple: true, helpValue: "REGEX", description: "Take only tags that match" }),
  newest: integer({
    min: 1,
    helpValue: "N",
    description: "Take only the N highest versions of each repository",
  }),
  semver: string({
    helpValue: "RANGE",
    description: 'Take only versions in the range, such as ">= 1.2, < 2"',
  }),
};

/** The filter that `tagFlags` ask for. @throws {InvalidPatternError | InvalidRangeError} */
export function tagFilterAmong(flags: {
  readonly "exclude-digest-tags": boolean;
  readonly "exclude-tag"?: readonly string[] | undefined;
  readonly "include-tag"?: readonly string[] | undefined;
  readonly newest?: number | undefined;
  readonly semver?: string | undefined;
}): TagFilter {
  const { semver, newest } = flags;
  return tagFilter({
    include: flags["include-tag"] ?? [],
    exclude: flags["exclude-tag"] ?? [],
    withoutDigestTags: flags["exclude-digest-tags"],
    ...(semver === undefined ? {} : { semver }),
    ...(newest === undefined ? {} : { newest }),
  });
}
