import type { CreateOptions } from "@wherry/core/container";

const DISCARDED =
  "Port mappings have been discarded as one of the Host, Container, Pod, and None network modes are in use";

/** The options without ports to publish where the network has no place to publish them; it is said where there were some. */
export function withoutIdlePorts(options: CreateOptions, warn: (message: string) => void): CreateOptions {
  const { network, ports = [], publishAll = false } = options;
  const hasPlace = network === undefined || network.kind === "pasta";
  if (hasPlace || (ports.length === 0 && !publishAll)) return options;
  if (ports.length > 0) warn(DISCARDED);
  return { ...options, ports: [], publishAll: false };
}
