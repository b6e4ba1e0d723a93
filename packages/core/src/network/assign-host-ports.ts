import { readFileSync } from "node:fs";
import { PortInUseError } from "./errors.ts";
import { isTaken, readListeningPorts, type ListeningPort } from "./listening-ports.ts";
import type { PortMapping } from "./port-mapping.ts";

/** Tries before we believe that no port is free. */
const TRIES = 1000;

/** The kernel's own default of net.ipv4.ip_local_port_range. */
const DEFAULT_RANGE = [32768, 60999] as const;

/**
 * The mappings with a free port of the host where they left it open, chosen at random out of the kernel's range for
 * local ports.
 *
 * @throws {PortInUseError} when none is free.
 */
export function assignHostPorts(mappings: readonly PortMapping[], procRoot = "/proc"): PortMapping[] {
  if (mappings.every(({ hostPort }) => hostPort !== 0)) return [...mappings];
  const taken = readListeningPorts(procRoot);
  const [low, high] = localPortRange(procRoot);
  const done: PortMapping[] = mappings.filter(({ hostPort }) => hostPort !== 0);
  return mappings.map((mapping) => {
    if (mapping.hostPort !== 0) return mapping;
    for (let tries = 0; tries < TRIES; tries++) {
      const hostPort = low + Math.floor(Math.random() * (high - low - mapping.range + 2));
      const candidate = { ...mapping, hostPort };
      if (!isFree(candidate, taken, done)) continue;
      done.push(candidate);
      return candidate;
    }
    throw new PortInUseError(mapping.hostIp, low, mapping.protocol);
  });
}

function isFree(
  mapping: PortMapping,
  taken: readonly ListeningPort[],
  done: readonly PortMapping[],
): boolean {
  const { protocol, hostIp, hostPort, range } = mapping;
  for (let port = hostPort; port < hostPort + range; port++) {
    if (isTaken(taken, { protocol, hostIp, port })) return false;
    if (
      done.some(
        (other) =>
          other.protocol === protocol && port >= other.hostPort && port < other.hostPort + other.range,
      )
    )
      return false;
  }
  return true;
}

function localPortRange(procRoot: string): readonly [number, number] {
  const text = readFileSync(`${procRoot}/sys/net/ipv4/ip_local_port_range`, "latin1");
  const [low, high] = text.trim().split(/\s+/).map(Number);
  return low === undefined || high === undefined || !(low < high) ? DEFAULT_RANGE : [low, high];
}
