import { WherryError } from "@wherry/core/error";

/** A regular expression that Go's RE2 would not take, or that asks for more than the names of tags can need. */
export class InvalidPatternError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_PATTERN";
  constructor(pattern: string, why: string) {
    super(`invalid regular expression ${JSON.stringify(pattern.slice(0, 200))}: ${why}`, {
      hint: "write it in Go's syntax (https://github.com/google/re2/wiki/Syntax): no look-around, no back-references",
    });
  }
}

/** A text is no range of versions. */
export class InvalidRangeError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_RANGE";
  constructor(range: string, why: string) {
    super(`invalid version range ${JSON.stringify(range.slice(0, 200))}: ${why}`, {
      hint: 'write comparisons such as ">= 1.2, < 2", "~1.4", "^2", "1.x" or "1.2 - 1.8", with || between alternatives',
    });
  }
}

/** A sync file with entries that cannot be carried out. All of them are told at once, before any request. */
export class InvalidSyncFileError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_SYNC_FILE";
  readonly problems: readonly string[];
  constructor(path: string, problems: readonly string[], cause?: unknown) {
    super(`${path}: ${problems.join(`\n${path}: `)}`, {
      cause,
      hint: "nothing was copied; correct the file",
    });
    this.problems = problems;
  }
}

/** Two images would be written under one name. */
export class SameDestinationError extends WherryError {
  override readonly code = "ERR_WHERRY_SAME_DESTINATION";
  constructor(destination: string, sources: readonly string[]) {
    super(`${sources.join(" and ")} would both be written to ${destination}`, {
      hint: "use --scoped, which keeps the whole name of the source",
    });
  }
}

/** There is nothing to copy. */
export class NothingToSyncError extends WherryError {
  override readonly code = "ERR_WHERRY_NOTHING_TO_SYNC";
  constructor(source: string) {
    super(`No images to sync found in ${source}`);
  }
}

/** A plan is not done, since what it was made of has changed or cannot be looked at. */
export class PlanRefusedError extends WherryError {
  override readonly code = "ERR_WHERRY_PLAN_REFUSED";
  constructor(reasons: readonly unknown[]) {
    const lines = reasons
      .slice(0, 20)
      .map((reason) => (reason instanceof Error ? reason.message : String(reason)));
    const more = reasons.length > lines.length ? `\n… and ${reasons.length - lines.length} more` : "";
    super(`the plan was not applied:\n${lines.join("\n")}${more}`, {
      cause: reasons[0],
      hint: "nothing was copied or deleted; make a new plan",
    });
  }
}

/** One image of many could not be copied, or one repository not be listed. */
export class SyncItemError extends WherryError {
  override readonly code = "ERR_WHERRY_SYNC_ITEM";
  constructor(what: string, cause: unknown) {
    const hint = cause instanceof WherryError ? cause.hint : undefined;
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${what}: ${why}`, { cause, ...(hint === undefined ? {} : { hint }) });
  }
}
