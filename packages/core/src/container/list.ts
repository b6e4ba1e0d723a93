import { readState, type ContainerState } from "../runtime/index.ts";
import type { StoredImage } from "../store/index.ts";
import type { ContainerHost } from "./host.ts";
import { readHealth, type HealthStatus } from "./health.ts";
import { readRestarts } from "./restart-files.ts";
import { containerPaths } from "./paths.ts";
import { asContainer, type Container } from "./settings.ts";

/** A container, with what it is doing. */
export interface ListedContainer {
  readonly container: Container;
  readonly state: ContainerState;
  /** Of a container whose health is checked. */
  readonly health?: HealthStatus;
  /** How often its policy started it again; absent where it has none. */
  readonly restarts?: number;
}

/** What reading containers needs of the host: nothing is started for it. */
export type ListHost = Pick<ContainerHost, "store" | "runtimeDir" | "procRoot">;

/** All containers and what they do, the oldest first. */
export function listContainers(host: ListHost): ListedContainer[] {
  return host.store.containers.list().map((record) => {
    const container = asContainer(record);
    const health = readHealth(host, container)?.status;
    return {
      container,
      state: containerState(host, container),
      ...(health === undefined ? {} : { health }),
      ...(container.config.restart === undefined ? {} : { restarts: readRestarts(host, container.id).count }),
    };
  });
}

/**
 * The container with that name, ID or beginning of an ID.
 *
 * @throws {ContainerNotFoundError | AmbiguousContainerError}
 */
export function getContainer(host: ListHost, text: string): Container {
  return asContainer(host.store.containers.get(text));
}

/** The image that a container was made of; undefined where it was made of a folder. */
export function imageOf(
  { store }: Pick<ListHost, "store">,
  { imageId }: Pick<Container, "imageId">,
): StoredImage | undefined {
  return imageId === "" ? undefined : store.images.find(imageId);
}

/** What a container is doing, by what the kernel and its monitor's files say. */
export function containerState(host: ListHost, { id }: Container): ContainerState {
  return readState(id, containerPaths(host, id).directory, host.procRoot);
}
