import { UsageError } from "@wherry/core/cli";
import type { Reference } from "@wherry/core/reference";
import { parseTransportName } from "@wherry/core/transport";

/** The image in a registry that a name stands for. @throws {UsageError | InvalidTransportNameError} */
export function registryReference(name: string, command: string): Reference {
  const place = parseTransportName(name);
  if (place.transport === "docker") return place.reference;
  throw new UsageError(
    `${command} is for images in a registry, docker://NAME: ${JSON.stringify(name)} is none`,
  );
}
