import {
  assignHostPorts,
  exposedPortMappings,
  InvalidPortError,
  type PortMapping,
} from "../network/index.ts";
import type { ContainerConfig } from "../oci/index.ts";
import type { ContainerSettings } from "./settings.ts";

/** What a user says of a container's ports. */
export interface PortChoices {
  readonly ports?: readonly PortMapping[];
  /** Every port the image exposes gets a free one of the host. */
  readonly publishAll?: boolean;
  /** Ports that are exposed besides the image's: `80`, `80-82/udp`. */
  readonly exposedPorts?: readonly string[];
}

/**
 * The ports of a new container: those that are published, with the host's, and those that are only said to be there. What an
 * image says wrongly matters only where it is to be published.
 *
 * @throws {InvalidPortError}
 */
export function decidePorts(
  { ExposedPorts = {} }: ContainerConfig,
  { ports = [], publishAll = false, exposedPorts = [] }: PortChoices,
  procRoot: string,
): Pick<ContainerSettings, "ports" | "exposedPorts" | "publishesAll"> {
  exposedPortMappings(exposedPorts);
  const ofImage = Object.keys(ExposedPorts).filter((text) => publishAll || isPort(text));
  const exposed = [...new Set([...ofImage, ...exposedPorts].map(withProtocol))];
  const published = publishAll ? unpublishedPorts({ ports, exposedPorts: exposed }) : [];
  return {
    ports: assignHostPorts([...ports, ...published], procRoot),
    ...(exposed.length === 0 ? {} : { exposedPorts: exposed }),
    ...(publishAll ? { publishesAll: true } : {}),
  };
}

/** Those of a container's exposed ports that are published nowhere, each once. */
export function unpublishedPorts({
  ports,
  exposedPorts = [],
}: Pick<ContainerSettings, "ports" | "exposedPorts">): PortMapping[] {
  if (exposedPorts.length === 0) return [];
  const byName = new Map(
    exposedPortMappings(exposedPorts).map((port) => [`${port.containerPort}/${port.protocol}`, port]),
  );
  return [...byName.values()].filter(
    ({ protocol, containerPort }) =>
      !ports.some(
        (port) =>
          port.protocol === protocol &&
          containerPort >= port.containerPort &&
          containerPort < port.containerPort + port.range,
      ),
  );
}

function isPort(text: string): boolean {
  try {
    return exposedPortMappings([text]).length > 0;
  } catch (error) {
    if (error instanceof InvalidPortError) return false;
    throw error;
  }
}

function withProtocol(text: string): string {
  return text.includes("/") ? text : `${text}/tcp`;
}
