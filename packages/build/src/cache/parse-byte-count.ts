import { UsageError } from "@wherry/core/cli";

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  m: 1e6,
  mb: 1e6,
  g: 1e9,
  gb: 1e9,
  t: 1e12,
  tb: 1e12,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** Reads `10GB`, `512MiB`, `1.5g` as bytes; units of ten as buildx has them. */
export function parseByteCount(text: string, flag: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = FACTORS[unit.toLowerCase()];
  if (number === undefined || factor === undefined)
    throw new UsageError(`invalid ${flag} ${JSON.stringify(text)}: expected a size such as 10GB or 512MiB`);
  return Math.round(Number(number) * factor);
}
