import { parseMoment, UsageError } from "@wherry/core/cli";
import type { Store, VolumeRecord } from "@wherry/core/store";

type Fits = (volume: VolumeRecord) => boolean;

/** Filters of which all must fit; of the others one of those with the same key. */
const ALL_MUST_FIT = ["label", "label!"];

/**
 * What `--filter KEY=VALUE` of volume commands asks.
 *
 * @throws {UsageError} for a key or value that is not known
 */
export function volumeFilter(filters: readonly string[], store: Store, now: Date): Fits {
  const groups = new Map<string, Fits[]>();
  for (const filter of filters) {
    const [, key, value] = /^([^=]*?!?)=(.*)$/s.exec(filter) ?? [];
    if (key === undefined || value === undefined)
      throw new UsageError(`invalid filter ${JSON.stringify(filter)}: expected KEY=VALUE`);
    groups.set(key, [...(groups.get(key) ?? []), oneFilter(key, value, store, now)]);
  }
  return (volume) =>
    [...groups].every(([key, fits]) =>
      ALL_MUST_FIT.includes(key) ? fits.every((fit) => fit(volume)) : fits.some((fit) => fit(volume)),
    );
}

function oneFilter(key: string, value: string, store: Store, now: Date): Fits {
  switch (key) {
    case "name": {
      const pattern = regularExpression(value);
      return ({ name }) => pattern.test(name);
    }
    case "driver":
      return () => value === "local";
    case "scope":
      return () => value === "local";
    case "label":
    case "label!": {
      const [label, wanted] = splitLabel(value);
      const fits: Fits = ({ labels }) =>
        Object.hasOwn(labels, label) && (wanted === undefined || labels[label] === wanted);
      return key === "label" ? fits : (volume) => !fits(volume);
    }
    case "opt": {
      const [option, wanted] = splitLabel(value);
      return ({ options }) =>
        Object.hasOwn(options, option) && (wanted === undefined || options[option] === wanted);
    }
    case "dangling": {
      const isWanted = truth(value, key);
      return ({ name }) => (store.volumes.users(name).length === 0) === isWanted;
    }
    case "anonymous": {
      const isWanted = truth(value, key);
      return ({ isAnonymous }) => isAnonymous === isWanted;
    }
    case "until":
    case "since":
    case "after": {
      if (key !== "until") {
        const other = store.volumes.get(value);
        return ({ created }) => created > other.created;
      }
      const moment = parseMoment(value, now).getTime();
      return ({ created }) => new Date(created).getTime() < moment;
    }
    default:
      throw new UsageError(`${JSON.stringify(key)} is an invalid volume filter`);
  }
}

function splitLabel(text: string): [string, string?] {
  const equals = text.indexOf("=");
  return equals === -1 ? [text] : [text.slice(0, equals), text.slice(equals + 1)];
}

function truth(value: string, key: string): boolean {
  if (["true", "1"].includes(value)) return true;
  if (["false", "0"].includes(value)) return false;
  throw new UsageError(
    `${JSON.stringify(value)} is not a valid value for the ${JSON.stringify(key)} filter - must be true or false`,
  );
}

function regularExpression(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch {
    throw new UsageError(`invalid regular expression ${JSON.stringify(value)}`);
  }
}
