import { exposedPortMappings, type PortMapping } from "../network/index.ts";
import type { ContainerConfig } from "../oci/index.ts";
import type { CreateOptions } from "./create-options.ts";

/** Mappings for the ports that are exposed and that the user does not publish already, where all are to be published. */
export function exposedPorts(
  { ExposedPorts = {} }: ContainerConfig,
  { exposedPorts: more = [], publishAll = false, ports = [] }: CreateOptions,
): PortMapping[] {
  const asked = exposedPortMappings(more);
  if (!publishAll) return [];
  const known = new Set(asked.map(({ containerPort, protocol }) => `${containerPort}/${protocol}`));
  const ofImage = exposedPortMappings(Object.keys(ExposedPorts)).filter(
    ({ containerPort, protocol }) => !known.has(`${containerPort}/${protocol}`),
  );
  return [...ofImage, ...asked].filter(
    (port) =>
      !ports.some(
        ({ protocol, containerPort, range }) =>
          protocol === port.protocol &&
          port.containerPort >= containerPort &&
          port.containerPort < containerPort + range,
      ),
  );
}
