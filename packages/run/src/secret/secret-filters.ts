import { UsageError } from "@wherry/core/cli";
import type { SecretRecord } from "@wherry/core/store";

type Fits = (secret: SecretRecord) => boolean;

/**
 * What `secret ls --filter KEY=VALUE` asks: of one key any value, of several keys all.
 *
 * @throws {UsageError} for a key that is not known
 */
export function secretFilter(filters: readonly string[]): Fits {
  const groups = new Map<string, Fits[]>();
  for (const filter of filters) {
    const [, key, value] = /^(name|id)=(.*)$/s.exec(filter) ?? [];
    if (key === undefined || value === undefined)
      throw new UsageError(`invalid filter ${JSON.stringify(filter)}`);
    groups.set(key, [...(groups.get(key) ?? []), oneFilter(key, value)]);
  }
  return (secret) => [...groups.values()].every((fits) => fits.some((fit) => fit(secret)));
}

function oneFilter(key: string, value: string): Fits {
  if (key === "id") return ({ id }) => id.startsWith(value);
  const pattern = regularExpression(value);
  return ({ name }) => pattern.test(name);
}

function regularExpression(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch {
    throw new UsageError(`invalid regular expression ${JSON.stringify(value)}`);
  }
}
