import type { StoreEvent } from "../store/index.ts";
import type { ContainerHost } from "./host.ts";
import type { Container } from "./settings.ts";

/** What an event says besides which container it is about. */
export interface EventDetails {
  readonly exitCode?: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Writes down what happened to a container, in podman's words: `create`, `start`, `rename`. */
export function recordContainerEvent(
  { store, now }: Pick<ContainerHost, "store" | "now">,
  container: Container,
  status: string,
  details?: EventDetails,
): void {
  store.events.record(containerEvent(container, status, details), now());
}

/** What happened to a container, to be written down. */
export function containerEvent(
  { id, name, imageName, config }: Container,
  status: string,
  { exitCode, attributes }: EventDetails = {},
): StoreEvent {
  return {
    type: "container",
    status,
    id,
    name,
    image: imageName,
    exitCode,
    attributes: { ...toldLabels(config.labels), ...attributes },
  };
}

/** Without what a base tells of its packages: pages of it, which would be in each event. */
function toldLabels(labels: Container["config"]["labels"]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith("io.wherry.")));
}
