import { integer, string } from "@oclif/core/flags";
import { formatDuration, parseDuration, triesAmong, UsageError, type Tries } from "@wherry/core/cli";
import type { Patience } from "@wherry/core/engine";
import { Bandwidth } from "@wherry/core/io";
import { retryFlag } from "./retry.ts";

/** How fast, how often and how many at a time blobs are transferred. */
export const transferFlags = {
  bandwidth: string({
    helpValue: "BYTES",
    description: "Most bytes a second that all transfers together may take, such as 10MB or 512KiB",
  }),
  jobs: integer({
    aliases: ["image-parallel-copies"],
    min: 1,
    max: 64,
    helpValue: "N",
    description: "Most blobs that are copied, and requests that a registry is asked, at a time",
  }),
  ...retryFlag,
};

/** How long a copy of many images waits for a registry. */
export const patienceFlag = {
  "wait-for-pulls": string({
    helpValue: "duration",
    description:
      "Wait up to so long, such as 6h, for a registry that allows no more pulls or asks for a long pause; default is to fail",
  }),
};

/** The patience that `patienceFlag` asks for; a pause is said in any case. @throws {UsageError} */
export function patienceAmong(
  { "wait-for-pulls": duration }: { readonly "wait-for-pulls"?: string | undefined },
  say: (line: string) => void,
): Patience {
  const maximumMs = duration === undefined ? 0 : parseDuration(duration);
  if (maximumMs < 0) throw new UsageError(`--wait-for-pulls wants a time, not ${duration ?? ""}`);
  return {
    maximumMs,
    onWait: (registry, ms) => {
      say(`Waiting ${formatDuration(ms)} for ${registry}, which allows no more requests or pulls now`);
    },
  };
}

const RATE = /^(\d+(?:\.\d+)?)\s*([kMG]?)(i?)B?(?:\/s)?$/i;
const POWERS = ["", "k", "m", "g"];

/** The limits that `transferFlags` set. @throws {UsageError} */
export function transfersAmong(
  flags: {
    readonly bandwidth?: string | undefined;
    readonly jobs?: number | undefined;
  } & Parameters<typeof triesAmong>[0],
): Tries & { readonly bandwidth?: Bandwidth; readonly jobs?: number } {
  const { bandwidth, jobs } = flags;
  return {
    ...triesAmong(flags),
    ...(jobs === undefined ? {} : { jobs }),
    ...(bandwidth === undefined ? {} : { bandwidth: new Bandwidth(parseRate(bandwidth)) }),
  };
}

/** Bytes a second: `10MB`, `512KiB/s`, `1000000`. @throws {UsageError} */
export function parseRate(text: string): number {
  const [, number, unit = "", binary] = RATE.exec(text) ?? [];
  const power = POWERS.indexOf(unit.toLowerCase());
  const rate = Number(number) * (binary === "" || binary === undefined ? 1000 : 1024) ** power;
  if (Number.isFinite(rate) && rate >= 1) return rate;
  throw new UsageError(
    `invalid bandwidth ${JSON.stringify(text)}: write bytes a second, such as 10MB or 512KiB`,
  );
}
