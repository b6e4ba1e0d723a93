import type { ContainerHost } from "./host.ts";
import type { Container } from "./settings.ts";
import { startContainer } from "./start.ts";

/** Makes a container up to its program, which a later start runs; its monitor waits for that without us. */
export async function initContainer(host: ContainerHost, container: Container): Promise<void> {
  const { monitor, remover } = await startContainer(host, container, { onlyMake: true });
  monitor.release();
  remover?.leave();
}
