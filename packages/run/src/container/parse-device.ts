import { UsageError } from "@wherry/core/cli";
import type { SpecDevice } from "@wherry/core/spec";

/**
 * Reads `--device HOST[:CONTAINER][:rwm]`.
 *
 * @throws {UsageError}
 */
export function parseDevice(text: string): SpecDevice {
  const [source = "", second, third] = text.split(":");
  const isAccess = (part: string | undefined) => part !== undefined && /^[rwm]{1,3}$/.test(part);
  const destination = isAccess(second) ? undefined : second;
  const access = isAccess(second) ? second : third;
  const isWrong = !source.startsWith("/") || (destination !== undefined && !destination.startsWith("/"));
  if (isWrong || (access !== undefined && !isAccess(access)) || text.split(":").length > 3)
    throw new UsageError(`invalid device specification: ${text}`);
  return {
    source,
    ...(destination === undefined ? {} : { destination }),
    ...(access === undefined ? {} : { access }),
  };
}
