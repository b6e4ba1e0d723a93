import { availableParallelism } from "node:os";
import { boolean, string } from "@oclif/core/flags";
import { parseDuration, UsageError } from "@wherry/core/cli";

/** Flags of `build` about which steps are done, and how that is told. */
export const graphFlags = {
  "cache-from": string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "PLACE",
    description:
      "Use results of steps that are kept in a repository, or type=registry,ref=NAME, type=local,src=FOLDER",
  }),
  "cache-to": string({
    multiple: true,
    multipleNonGreedy: true,
    helpValue: "PLACE",
    description:
      "Keep results of steps in a repository, or type=registry,ref=NAME[,mode=max], type=local,dest=FOLDER",
  }),
  "cache-ttl": string({
    helpValue: "duration",
    description: "Do not use results older than that, as 24h; 0 uses none",
  }),
  "dry-run": boolean({
    description: "Only tell which steps are in the cache, and why the others are not",
  }),
  "explain-cache": boolean({ description: "Tell of each step that is not in the cache why" }),
  jobs: string({
    helpValue: "number",
    description: "How many steps may run at a time; 0 is no limit (default: number of processors)",
  }),
  "no-cache": boolean({ description: "Do every step anew, and remember the new results" }),
  "on-fail": string({
    options: ["exit", "shell"],
    default: "exit",
    description: "When a RUN fails: exit, or open a shell in its container as it was left",
  }),
  progress: string({
    options: ["auto", "plain", "tty", "json"],
    default: "auto",
    description: "How progress is shown: a live view on a terminal, plain lines, or JSON on standard error",
  }),
  timing: boolean({ description: "Print at the end what took how long" }),
};

export interface GraphFlags {
  readonly jobs?: string | undefined;
  readonly "cache-ttl"?: string | undefined;
  readonly "explain-cache": boolean;
  readonly "no-cache": boolean;
}

/** The part of a build request that the flags say. */
export function graphOptions(flags: GraphFlags): {
  jobs: number;
  noCache: boolean;
  explainCache: boolean;
  cacheTtlMs?: number;
} {
  const ttl = flags["cache-ttl"] === undefined ? undefined : parseDuration(flags["cache-ttl"]);
  if (ttl !== undefined && ttl < 0) throw new UsageError("--cache-ttl is a duration of at least 0");
  return {
    jobs: jobsOf(flags.jobs),
    noCache: flags["no-cache"] || ttl === 0,
    explainCache: flags["explain-cache"],
    ...(ttl === undefined ? {} : { cacheTtlMs: ttl }),
  };
}

/** Whether results of steps are used and layers kept apart: `--layers`, else `BUILDAH_LAYERS`. */
export function usesLayers(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  const { layers } = flags;
  if (typeof layers === "boolean") return layers;
  return !/^(?:false|0)$/i.test(env["BUILDAH_LAYERS"] ?? "");
}

function jobsOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism();
  if (!/^\d{1,6}$/.test(text))
    throw new UsageError(`invalid --jobs ${JSON.stringify(text)}: expected a number, 0 for no limit`);
  return text === "0" ? Infinity : Number(text);
}
