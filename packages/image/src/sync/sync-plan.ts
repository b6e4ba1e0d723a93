import type { ImageSync, RegistryOptions, SyncItem } from "@wherry/core/engine";
import { WherryError } from "@wherry/core/error";
import { formatReference, parseReference, type Reference } from "@wherry/core/reference";
import { formatTransportName } from "@wherry/core/transport";
import { destinationOf, type SyncTarget } from "./destination-name.ts";
import { SameDestinationError } from "./errors.ts";
import { imagesInFolders, imagesInLayout, type LocalImage } from "./local-images.ts";
import type { SyncRepository } from "./sync-file-entry.ts";
import { readSyncFile } from "./sync-file.ts";
import type { TagFilter } from "./tag-filter.ts";

/** Where a sync reads from. */
export interface SyncOrigin {
  readonly transport: "docker" | "dir" | "oci" | "yaml";
  readonly location: string;
  /** How registries are spoken to, as far as a file does not say it. */
  readonly options: RegistryOptions;
  /** Of a repository: its name at the destination. */
  readonly rename?: string;
}

/** A repository whose images cannot be told. */
export interface PlanFailure {
  readonly source: string;
  readonly error: unknown;
}

/** All images that a sync has to look at. */
export interface SyncPlan {
  readonly items: readonly SyncItem[];
  readonly failures: readonly PlanFailure[];
  readonly warnings: readonly string[];
  /** Repositories and folders they come from. */
  readonly sources: number;
}

/** Tag lists asked for at a time. */
const LISTS_AT_A_TIME = 6;

/**
 * Finds out which images to copy, and where to. Nothing is requested before all that the user wrote is checked.
 *
 * @throws {InvalidSyncFileError | SameDestinationError | InvalidReferenceError | FileSystemError}
 */
export async function planSync(
  sync: Pick<ImageSync, "listTags">,
  origin: SyncOrigin,
  target: SyncTarget,
  filter: TagFilter,
): Promise<SyncPlan> {
  destinationOf("name:tag", target);
  const { transport, location, options } = origin;
  if (transport === "dir" || transport === "oci") {
    const images = transport === "dir" ? imagesInFolders(location) : imagesInLayout(location);
    const chosen = chosenAmong(images, filter);
    const items = chosen.map(({ source, name }) => ({ source, destination: destinationOf(name, target) }));
    return {
      items: withoutDuplicates(items),
      failures: [],
      warnings: [],
      sources: Math.min(1, items.length),
    };
  }
  const { repositories, warnings } =
    transport === "yaml"
      ? await readSyncFile(location)
      : { repositories: [repositoryNamed(location, origin.rename)], warnings: [] };
  return { ...(await planRepositories(sync, repositories, options, target, filter)), warnings };
}

async function planRepositories(
  sync: Pick<ImageSync, "listTags">,
  repositories: readonly SyncRepository[],
  options: RegistryOptions,
  target: SyncTarget,
  filter: TagFilter,
): Promise<Omit<SyncPlan, "warnings">> {
  const found: SyncItem[][] = [];
  const failures: PlanFailure[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < repositories.length; index = next++) {
      const repository = repositories[index] as SyncRepository;
      const registry = { ...options, ...repository.options };
      try {
        const references = await referencesIn(sync, repository, registry, filter);
        found[index] = references.map((reference) => ({
          source: { transport: "docker", reference },
          registry,
          destination: destinationOf(formatReference(reference), target, repository.rename),
          ...(repository.choice === undefined ? {} : { choice: repository.choice }),
        }));
      } catch (error) {
        if (!(error instanceof WherryError)) throw error;
        failures.push({ source: formatReference(repository.reference), error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(LISTS_AT_A_TIME, repositories.length) }, work));
  return { items: withoutDuplicates(found.flat()), failures, sources: repositories.length };
}

async function referencesIn(
  sync: Pick<ImageSync, "listTags">,
  { reference, listed, filter: own = (tags) => [...tags] }: SyncRepository,
  registry: RegistryOptions,
  filter: TagFilter,
): Promise<readonly Reference[]> {
  if (listed === undefined) {
    const tags = own(await sync.listTags(reference, registry));
    return filter(tags).map((tag) => ({ ...reference, tag }));
  }
  const kept = new Set(filter(own(listed.flatMap(({ tag }) => tag ?? []))));
  return listed.filter(({ tag }) => tag === undefined || kept.has(tag));
}

/** What `--src docker` names: a repository, or one image. */
function repositoryNamed(text: string, rename: string | undefined): SyncRepository {
  const reference = parseReference(text);
  const { registry, repository, tag, digest } = reference;
  const whole = {
    reference: { registry, repository },
    options: {},
    ...(rename === undefined ? {} : { rename }),
  };
  return tag === undefined && digest === undefined ? whole : { ...whole, listed: [reference] };
}

/** An image asked for twice is copied once. @throws {SameDestinationError} */
function withoutDuplicates(items: readonly SyncItem[]): SyncItem[] {
  const sources = new Map<string, string>();
  return items.filter(({ source, destination }) => {
    const [from, to] = [formatTransportName(source), formatTransportName(destination)];
    const before = sources.get(to);
    if (before !== undefined && before !== from) throw new SameDestinationError(to, [before, from]);
    sources.set(to, from);
    return before === undefined;
  });
}

/** The images whose tags the filter takes, repository by repository. One without tag counts as latest; one named by digest stays. */
function chosenAmong(images: readonly LocalImage[], filter: TagFilter): LocalImage[] {
  const repositories = Map.groupBy(images, ({ name }) => name.replace(TAG, ""));
  const kept = new Map(
    [...repositories].map(([repository, those]) => [repository, new Set(filter(those.map(tagOf)))]),
  );
  return images.filter(
    (image) => image.name.includes("@") || kept.get(image.name.replace(TAG, ""))?.has(tagOf(image)),
  );
}

const TAG = /:[^/:@]+$/;

function tagOf({ name }: LocalImage): string {
  return TAG.exec(name)?.[0].slice(1) ?? "latest";
}
