import { InvalidContainerNameError } from "./errors.ts";
import type { ContainerHost } from "./host.ts";
import { recordContainerEvent } from "./record-event.ts";
import { asContainer, type Container } from "./settings.ts";

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Whether a container may be called that. @throws {InvalidContainerNameError} */
export function checkContainerName(name: string): void {
  if (!NAME.test(name)) throw new InvalidContainerNameError(name);
}

/** Gives a container another name. @throws {InvalidContainerNameError | NameInUseError} */
export function renameContainer(
  host: Pick<ContainerHost, "store" | "now">,
  { id }: Container,
  name: string,
): void {
  checkContainerName(name);
  const renamed = asContainer(host.store.containers.update(id, { name }));
  recordContainerEvent(host, renamed, "rename");
}
