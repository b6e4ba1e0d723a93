import { compilePattern } from "./pattern.ts";
import { parseRange } from "./version-range.ts";
import { compareVersions, parseVersion } from "./version.ts";

/** Which tags of a repository are wanted; without wishes all. */
export interface TagWishes {
  /** Regular expressions in Go's syntax, of which one must occur in the tag. */
  readonly include?: readonly string[];
  /** Of which none may occur. */
  readonly exclude?: readonly string[];
  /** Leave out tags that are named for a digest, such as cosign's `sha256-HEX.sig`. */
  readonly withoutDigestTags?: boolean;
  /** A range of versions. */
  readonly semver?: string;
  /** So many of the highest versions; tags that are no versions are left out. */
  readonly newest?: number;
}

/** Chooses among tags, keeping their order. */
export type TagFilter = (tags: readonly string[]) => string[];

/** A tag that stands for what belongs to a digest: the fallback tag of its referrers, or one of cosign's. */
const DIGEST_TAG = /^sha(?:256|512)-[0-9a-f]{64}/;

/** @throws {InvalidPatternError | InvalidRangeError} */
export function tagFilter(wishes: TagWishes): TagFilter {
  const { include = [], exclude = [], withoutDigestTags = false, semver, newest } = wishes;
  const included = include.map(compilePattern);
  const excluded = exclude.map(compilePattern);
  const isInRange = semver === undefined ? () => true : versionFilter(semver);
  return (tags) => {
    const chosen = tags.filter(
      (tag) =>
        (included.length === 0 || included.some((fits) => fits(tag))) &&
        !excluded.some((fits) => fits(tag)) &&
        !(withoutDigestTags && DIGEST_TAG.test(tag)) &&
        isInRange(tag),
    );
    return newest === undefined ? chosen : newestOf(chosen, newest);
  };
}

/** Whether a tag is a version in the range. @throws {InvalidRangeError} */
export function versionFilter(range: string): (tag: string) => boolean {
  const contains = parseRange(range);
  return (tag) => {
    const version = parseVersion(tag);
    return version !== undefined && contains(version);
  };
}

function newestOf(tags: readonly string[], count: number): string[] {
  const versions = tags.flatMap((tag) => {
    const version = parseVersion(tag);
    return version === undefined ? [] : [{ tag, version }];
  });
  const highest = versions.sort((a, b) => compareVersions(b.version, a.version)).slice(0, count);
  const kept = new Set(highest.map(({ tag }) => tag));
  return tags.filter((tag) => kept.has(tag));
}
