import { isIP } from "node:net";
import { ConflictingPortsError, InvalidPortError } from "./errors.ts";

/** One published port or range of ports of a container. */
export interface PortMapping {
  /** Address of the host to listen on; undefined is every address. */
  readonly hostIp?: string;
  /** First port on the host; 0 until `assignHostPorts` chose one. */
  readonly hostPort: number;
  /** First port in the container. */
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp";
  /** How many ports in a row. */
  readonly range: number;
}

const MAX_PORT = 65535;

/**
 * Reads `-p [[IP:][HOST_PORT]:]CONTAINER_PORT[/PROTOCOL]`; ports may be ranges FIRST-LAST, the protocol tcp, udp or both
 * (`tcp,udp`), IPv6 addresses stand in brackets.
 *
 * @throws {InvalidPortError}
 */
export function parsePortMapping(text: string): PortMapping[] {
  const [, address, hostText, containerText, protocolText = "tcp"] =
    /^(?:(?:(\[[^\]]*\]|[^:[\]]*):)?([^:[\]/]*):)?([^:[\]/]+)(?:\/([a-z,]+))?$/i.exec(text) ?? [];
  if (containerText === undefined) throw new InvalidPortError(text, "not of that form");
  const hostIp = hostIpOf(address, text);
  const container = parseRange(containerText, text);
  const host = hostText === undefined || hostText === "" ? undefined : parseRange(hostText, text);
  if (host !== undefined && host.range !== container.range)
    throw new InvalidPortError(text, "host and container port ranges have different lengths");
  return protocolText
    .toLowerCase()
    .split(",")
    .map((protocol) => ({
      ...(hostIp === undefined ? {} : { hostIp }),
      hostPort: host?.first ?? 0,
      containerPort: container.first,
      protocol: protocolOf(protocol, text),
      range: container.range,
    }));
}

/**
 * Reads all `-p` values of a container; equal ones count once.
 *
 * @throws {InvalidPortError | ConflictingPortsError}
 */
export function parsePortMappings(texts: readonly string[]): PortMapping[] {
  const mappings: PortMapping[] = [];
  for (const mapping of texts.flatMap(parsePortMapping)) {
    const rival = mappings.find((other) => overlaps(other, mapping));
    if (rival === undefined) mappings.push(mapping);
    else if (JSON.stringify(rival) !== JSON.stringify(mapping))
      throw new ConflictingPortsError(Math.max(rival.hostPort, mapping.hostPort), mapping.protocol);
  }
  return mappings;
}

/**
 * Reads `EXPOSE` and `--expose` values, `PORT[-LAST][/PROTOCOL]`, as mappings whose host port is still to be chosen:
 * what `-P` publishes.
 *
 * @throws {InvalidPortError}
 */
export function exposedPortMappings(ports: readonly string[]): PortMapping[] {
  return ports.flatMap((text) => {
    if (text.includes(":")) throw new InvalidPortError(text, "an exposed port has no host port");
    return parsePortMapping(text).flatMap((mapping) =>
      Array.from({ length: mapping.range }, (_, index) => ({
        ...mapping,
        containerPort: mapping.containerPort + index,
        range: 1,
      })),
    );
  });
}

function overlaps(a: PortMapping, b: PortMapping): boolean {
  if (a.protocol !== b.protocol || a.hostPort === 0 || b.hostPort === 0) return false;
  if (a.hostIp !== undefined && b.hostIp !== undefined && a.hostIp !== b.hostIp) return false;
  return a.hostPort < b.hostPort + b.range && b.hostPort < a.hostPort + a.range;
}

function hostIpOf(address: string | undefined, text: string): string | undefined {
  if (address === undefined || address === "" || address === "0.0.0.0") return undefined;
  const ip = address.startsWith("[") ? address.slice(1, -1) : address;
  if (isIP(ip) === 0) throw new InvalidPortError(text, `${JSON.stringify(ip)} is not an IP address`);
  return ip;
}

function parseRange(range: string, text: string): { first: number; range: number } {
  const [, firstText, lastText] = /^([0-9]+)(?:-([0-9]+))?$/.exec(range) ?? [];
  if (firstText === undefined)
    throw new InvalidPortError(text, `${JSON.stringify(range)} is not a port number`);
  const first = Number(firstText);
  const last = lastText === undefined ? first : Number(lastText);
  if (first < 1 || last > MAX_PORT) throw new InvalidPortError(text, `port numbers go from 1 to ${MAX_PORT}`);
  if (last < first) throw new InvalidPortError(text, "the range ends before it starts");
  return { first, range: last - first + 1 };
}

function protocolOf(protocol: string, text: string): "tcp" | "udp" {
  if (protocol === "tcp" || protocol === "udp") return protocol;
  throw new InvalidPortError(
    text,
    protocol === "sctp"
      ? "sctp cannot be forwarded without root"
      : `unknown protocol ${JSON.stringify(protocol)}`,
  );
}
