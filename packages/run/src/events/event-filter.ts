import { UsageError } from "@wherry/core/cli";
import type { RecordedEvent } from "@wherry/core/store";

type Fits = (event: RecordedEvent) => boolean;

/**
 * What `events --filter KEY=VALUE` asks: of one key any value, of several keys all.
 *
 * @throws {UsageError} for a key that is not known
 */
export function eventFilter(filters: readonly string[]): Fits {
  const groups = new Map<string, Fits[]>();
  for (const filter of filters) {
    const equals = filter.indexOf("=");
    if (equals === -1) throw new UsageError(`${filter} is an invalid filter`);
    const key = filter.slice(0, equals).toLowerCase();
    groups.set(key, [...(groups.get(key) ?? []), oneFilter(key, filter.slice(equals + 1))]);
  }
  return (event) => [...groups.values()].every((fits) => fits.some((fit) => fit(event)));
}

function oneFilter(key: string, value: string): Fits {
  switch (key) {
    case "container":
      return named("container", value);
    case "image":
      return (event) =>
        event.type === "image"
          ? named("image", value)(event)
          : (event.image ?? "") === value || (event.image ?? "").split(/[:@]/, 1)[0] === value;
    case "volume":
      return ({ type, name = "" }) => type === "volume" && name.startsWith(value);
    case "event":
    case "status":
      return ({ status }) => status === (value === "die" ? "died" : value === "delete" ? "remove" : value);
    case "type":
      return ({ type }) => type === value;
    case "pod":
    case "network":
      return () => false; // there are none, so nothing happens to them
    case "label": {
      const equals = value.indexOf("=");
      const [name, wanted] = equals === -1 ? [value] : [value.slice(0, equals), value.slice(equals + 1)];
      return ({ attributes = {} }) =>
        Object.hasOwn(attributes, name) && (wanted === undefined || attributes[name] === wanted);
    }
    default:
      throw new UsageError(`${key} is an invalid filter`);
  }
}

function named(wanted: RecordedEvent["type"], value: string): Fits {
  return ({ type, id = "", name }) =>
    type === wanted && (name === value || (value !== "" && id.startsWith(value)));
}
