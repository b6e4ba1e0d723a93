import { parseMoment, UsageError } from "@wherry/core/cli";
import { formatNetworkMode } from "@wherry/core/network";
import type { ListedContainer } from "@wherry/core/container";
import { mountSource, stateWord } from "./describe.ts";

type Fits = (listed: ListedContainer) => boolean;

/** What filters need to know besides the container itself. */
export interface FilterContext {
  /** All containers: for `before` and `since`. */
  readonly listed: readonly ListedContainer[];
  readonly now: Date;
}

/** Filters of which all must fit; of the others one of those with the same key. */
const ALL_MUST_FIT = ["label", "label!"];

/**
 * What `ps --filter KEY=VALUE` asks.
 *
 * @throws {UsageError} for a key or value that is not known
 */
export function containerFilter(filters: readonly string[], context: FilterContext): Fits {
  const groups = new Map<string, Fits[]>();
  for (const filter of filters) {
    const [, key, value] = /^([^=]*?!?)=(.*)$/s.exec(filter) ?? [];
    if (key === undefined || value === undefined)
      throw new UsageError(`${JSON.stringify(filter)} is an invalid filter`);
    groups.set(key, [...(groups.get(key) ?? []), oneFilter(key, value, context)]);
  }
  return (listed) =>
    [...groups].every(([key, fits]) =>
      ALL_MUST_FIT.includes(key) ? fits.every((fit) => fit(listed)) : fits.some((fit) => fit(listed)),
    );
}

/** Whether the filters ask about the state, so that containers that do not run are shown as well. */
export function asksForState(filters: readonly string[]): boolean {
  return filters.some((filter) => /^(?:status|exited)=/.test(filter));
}

function oneFilter(key: string, value: string, { listed, now }: FilterContext): Fits {
  switch (key) {
    case "id":
      return ({ container }) => container.id.startsWith(value);
    case "name": {
      const pattern = regularExpression(value);
      return ({ container }) => pattern.test(container.name);
    }
    case "status":
      return statusFilter(value);
    case "exited":
      return exitedFilter(value);
    case "label":
      return labelFilter(value);
    case "label!": {
      const has = labelFilter(value);
      return (each) => !has(each);
    }
    case "ancestor":
      return ({ container }) => isAncestor(value, container);
    case "volume":
      return ({ container }) =>
        container.config.mounts.some((mount) => mount.destination === value || mountSource(mount) === value);
    case "health":
      if (!HEALTHS.includes(value))
        throw new UsageError(`${JSON.stringify(value)} is not a valid health status`);
      return ({ health = "none" }) => health === value;
    case "restart-policy": {
      const policy = value === "none" ? "no" : value;
      if (!POLICIES.includes(policy))
        throw new UsageError(`${JSON.stringify(value)} is not a valid restart policy`);
      return ({ container }) => (container.config.restart?.name ?? "no") === policy;
    }
    case "should-start-on-boot": {
      const isWanted = truth(key, value);
      return ({ container: { config } }) =>
        STARTS_ON_BOOT.includes(config.restart?.name ?? "no") === isWanted;
    }
    case "command":
      return ({ container }) => container.config.args[0] === value;
    case "pod":
      return () => false; // no container is in a pod
    case "network":
      return ({ container }) => formatNetworkMode(container.config.network).split(":", 1)[0] === value;
    case "before":
    case "since": {
      const other = listed.find(
        ({ container }) => container.name === value || container.id.startsWith(value),
      );
      if (other === undefined)
        throw new UsageError(
          `no container with name or ID ${JSON.stringify(value)} found: no such container`,
        );
      const isBefore = key === "before";
      return ({ container }) =>
        isBefore ? container.created < other.container.created : container.created > other.container.created;
    }
    case "until": {
      const moment = parseMoment(value, now).getTime();
      return ({ container }) => new Date(container.created).getTime() < moment;
    }
    default:
      throw new UsageError(`${key} is an invalid filter`);
  }
}

const STATES =
  "created initialized running exited paused stopped stopping removing restarting configured unknown".split(
    " ",
  );
const HEALTHS = ["healthy", "unhealthy", "starting", "stopping", "none"];
const POLICIES = ["no", "always", "on-failure", "unless-stopped"];
/** Policies under which a container runs again after a restart of the host. */
const STARTS_ON_BOOT = ["always", "unless-stopped"];

function statusFilter(value: string): Fits {
  if (!STATES.includes(value)) throw new UsageError(`unknown container state: ${value}: invalid argument`);
  const wanted = { stopped: "exited", configured: "created" }[value] ?? value;
  return (listed) => stateWord(listed) === wanted;
}

function exitedFilter(value: string): Fits {
  if (!/^\d+$/.test(value)) throw new UsageError(`exited code out of range ${JSON.stringify(value)}`);
  return ({ state }) => state.status === "exited" && state.exitCode === Number(value);
}

function truth(key: string, value: string): boolean {
  if (/^(?:1|t|true)$/i.test(value)) return true;
  if (/^(?:0|f|false)$/i.test(value)) return false;
  throw new UsageError(`non-boolean value ${JSON.stringify(value)} for ${key} filter`);
}

function labelFilter(value: string): Fits {
  const equals = value.indexOf("=");
  const [key, wanted] =
    equals === -1 ? [value, undefined] : [value.slice(0, equals), value.slice(equals + 1)];
  return ({ container: { config } }) =>
    Object.hasOwn(config.labels, key) && (wanted === undefined || config.labels[key] === wanted);
}

/** By image ID, full name, name without registry, or name without tag. */
function isAncestor(value: string, { imageId, imageName }: ListedContainer["container"]): boolean {
  const id = imageId.replace("sha256:", "");
  if (/^[a-f0-9]{6,64}$/.test(value) && id.startsWith(value)) return true;
  const withoutTag = imageName.replace(/:[^:/]*$/, "");
  return [imageName, withoutTag].some((name) => name === value || name.endsWith(`/${value}`));
}

function regularExpression(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch {
    throw new UsageError(`invalid regular expression ${JSON.stringify(value)}`);
  }
}
