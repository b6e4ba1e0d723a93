import { InvalidRangeError } from "./errors.ts";
import { compareVersions, parseVersion, type Version } from "./version.ts";

/** One comparison with a version that may be partial: `1.2` leaves the patch open, `1` or `1.x` the minor too. */
interface Comparison {
  readonly operator: Operator;
  readonly version: Version;
  /** What the text leaves open. */
  readonly open: "nothing" | "patch" | "minor" | "all";
}

type Operator = "=" | "!=" | ">" | "<" | ">=" | "<=" | "~" | "^";

const OPERATORS: Readonly<Record<string, Operator>> = { "": "=", "=>": ">=", "=<": "<=", "~>": "~" };
const COMPARISON =
  /^\s*(=>|=<|>=|<=|!=|~>|[=><~^])?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?(?=[\s,]|$)\s*,?/;
const HYPHEN =
  /(^|[\s,])(v?[\d.xX*]+(?:-[0-9A-Za-z.-]+)?)\s+-\s+(v?[\d.xX*]+(?:-[0-9A-Za-z.-]+)?)(?=[\s,]|$)/g;

/**
 * Reads a range of versions as skopeo's `images-by-semver` has them (Masterminds/semver): comparisons with
 * `=` `!=` `>` `<` `>=` `<=` `~` `^`, `x` for any number, `A - B`; a comma or space means and, `||` or. Versions with a
 * prerelease fit only where a comparison names one.
 *
 * @throws {InvalidRangeError}
 */
export function parseRange(range: string): (version: Version) => boolean {
  const groups = range.split("||").map((group) => parseGroup(range, group));
  return (version) => groups.some((fits) => fits(version));
}

function parseGroup(range: string, group: string): (version: Version) => boolean {
  const comparisons: Comparison[] = [];
  let rest = group.replace(HYPHEN, "$1>=$2, <=$3");
  if (rest.trim() === "") throw new InvalidRangeError(range, "a comparison is missing");
  while (rest.trim() !== "") {
    const found = COMPARISON.exec(rest);
    if (found === null) throw new InvalidRangeError(range, `${JSON.stringify(rest.trim())} is no comparison`);
    comparisons.push(comparisonOf(found));
    rest = rest.slice(found[0].length);
  }
  const takesPrereleases = comparisons.some(({ version }) => version.prerelease.length > 0);
  return (version) =>
    (version.prerelease.length === 0 || takesPrereleases) &&
    comparisons.every((comparison) => fits(version, comparison));
}

function comparisonOf([
  ,
  operator = "",
  major = "",
  minor = "",
  patch = "",
  prerelease = "",
]: RegExpExecArray) {
  const open = isOpen(major) ? "all" : isOpen(minor) ? "minor" : isOpen(patch) ? "patch" : "nothing";
  const numbers = [major, minor, patch].slice(0, { all: 0, minor: 1, patch: 2, nothing: 3 }[open]);
  const version = parseVersion(
    [...numbers, "0", "0", "0"].slice(0, 3).join(".") + (open === "all" ? "" : prerelease),
  );
  if (version === undefined) throw new InvalidRangeError(major, "a number is too large");
  return { operator: OPERATORS[operator] ?? (operator as Operator), version, open } satisfies Comparison;
}

function isOpen(part: string): boolean {
  return part === "" || /^[xX*]$/.test(part);
}

function fits(version: Version, comparison: Comparison): boolean {
  const { operator, version: bound, open } = comparison;
  const order = compareVersions(version, bound);
  switch (operator) {
    case "=":
      return open === "nothing" ? order === 0 : fitsTilde(version, comparison);
    case "!=":
      return open === "nothing" ? order !== 0 : !fitsTilde(version, comparison);
    case ">":
      return isAbove(version, comparison);
    case "<":
      return order < 0;
    case ">=":
      return order >= 0;
    case "<=":
      return open === "nothing" ? order <= 0 : !isAbove(version, comparison);
    case "~":
      return fitsTilde(version, comparison);
    case "^":
      return fitsCaret(version, comparison);
  }
}

/** Above all that the bound may mean: `>11` begins at 12. */
function isAbove(version: Version, { version: bound, open }: Comparison): boolean {
  if (open === "all") return false;
  if (open === "nothing") return compareVersions(version, bound) > 0;
  if (version.major !== bound.major) return version.major > bound.major;
  return open === "patch" && version.minor > bound.minor;
}

/** `~1.2.3` and `~1.2`: that minor; `~1`: that major. */
function fitsTilde(version: Version, { version: bound, open }: Comparison): boolean {
  if (compareVersions(version, bound) < 0) return false;
  if (open === "all") return true;
  return version.major === bound.major && (open === "minor" || version.minor === bound.minor);
}

/** `^1.2.3`: nothing left of the first number that is not 0 may grow. */
function fitsCaret(version: Version, { version: bound, open }: Comparison): boolean {
  if (compareVersions(version, bound) < 0) return false;
  if (open === "all") return true;
  if (version.major !== bound.major) return false;
  if (bound.major > 0 || open === "minor") return true;
  if (version.minor !== bound.minor) return false;
  return bound.minor > 0 || open === "patch" || version.patch === bound.patch;
}
