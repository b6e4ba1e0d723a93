import { readFileSync } from "node:fs";
import { UsageError } from "@wherry/core/cli";
import {
  dependenciesOf,
  getContainer,
  listContainers,
  type Container,
  type ListHost,
} from "@wherry/core/container";
import { FileSystemError } from "@wherry/core/error";
import { ContainerNotFoundError } from "@wherry/core/store";
import { containerFilter } from "./container-filters.ts";

/** How a user names the containers of a command. */
export interface Choice {
  readonly names: readonly string[];
  readonly all?: boolean;
  readonly latest?: boolean;
  readonly cidfile?: readonly string[] | undefined;
  readonly ignore?: boolean;
  /** KEY=VALUE as `ps` takes them, instead of names. */
  readonly filter?: readonly string[] | undefined;
  /** Told of a name that fits no container; the others are worked on. */
  readonly onMissing?: (error: unknown) => void;
}

/** A container, with the text it was named by: commands print that back. */
export interface Chosen {
  readonly container: Container;
  readonly asTyped: string;
}

/**
 * The containers a user names, all of them, or the last one.
 *
 * @throws {UsageError | ContainerNotFoundError}
 */
export function chooseContainers(host: ListHost & { now?: () => Date }, choice: Choice): Chosen[] {
  const { filter = [], names, all = false, latest = false, cidfile = [], ignore = false, onMissing } = choice;
  const asked = [...names, ...cidfile.map(readId)];
  if (all && latest) throw new UsageError("--all and --latest cannot be used together");
  if (all && asked.length > 0) throw new UsageError("no arguments are needed with --all");
  if (latest && asked.length > 0) throw new UsageError("--latest and containers cannot be used together");
  if (filter.length > 0) {
    if (asked.length > 0 || latest) throw new UsageError("--filter and containers cannot be used together");
    const listed = listContainers(host);
    const fits = containerFilter(filter, { listed, now: host.now?.() ?? new Date() });
    return listed.filter(fits).map(({ container }) => byId(container));
  }
  if (latest) return [latestContainer(host)].map(byId);
  if (all) return listContainers(host).map(({ container }) => byId(container));
  if (asked.length === 0) throw new UsageError("you must provide at least one name or id");
  return asked.flatMap((asTyped) => {
    try {
      return [{ container: getContainer(host, asTyped), asTyped }];
    } catch (error) {
      if (ignore && error instanceof ContainerNotFoundError) return [];
      if (onMissing === undefined) throw error;
      onMissing(error);
      return [];
    }
  });
}

/** The container that a command needs exactly one of. */
export function chooseContainer(host: ListHost, name: string | undefined, latest = false): Container {
  const [chosen] = chooseContainers(host, { names: name === undefined ? [] : [name], latest });
  if (chosen === undefined) throw new UsageError("you must provide a name or id");
  return chosen.container;
}

function latestContainer(host: ListHost): Container {
  const last = listContainers(host).at(-1);
  if (last === undefined) throw new ContainerNotFoundError("--latest");
  return last.container;
}

function byId(container: Container): Chosen {
  return { container, asTyped: container.id };
}

function readId(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
}

/** What depends on another goes before it: it was created later. */
export function dependantsFirst<T extends Pick<Chosen, "container">>(chosen: readonly T[]): readonly T[] {
  if (chosen.every(({ container }) => dependenciesOf(container.config).length === 0)) return chosen;
  return chosen.toSorted((left, right) => (left.container.created < right.container.created ? 1 : -1));
}
