import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { errnoOf } from "../error/index.ts";

/** A socket of this host that takes connections (tcp) or datagrams (udp). */
export interface ListeningPort {
  readonly protocol: "tcp" | "udp";
  readonly family: 4 | 6;
  /** As in /proc/net: hexadecimal, in the kernel's byte order. */
  readonly address: string;
  readonly port: number;
}

/** State column of /proc/net/tcp: TCP_LISTEN; of /proc/net/udp: bound, not connected. */
const TABLES = [
  { file: "tcp", protocol: "tcp", family: 4, state: "0A" },
  { file: "tcp6", protocol: "tcp", family: 6, state: "0A" },
  { file: "udp", protocol: "udp", family: 4, state: "07" },
  { file: "udp6", protocol: "udp", family: 6, state: "07" },
] as const;

/** The ports that are taken on this host, out of /proc/net. */
export function readListeningPorts(procRoot = "/proc"): ListeningPort[] {
  return TABLES.flatMap(({ file, protocol, family, state }) =>
    readTable(`${procRoot}/net/${file}`).flatMap((line) => {
      const [, local = "", , actual] = line.trim().split(/\s+/);
      const [address, portText] = local.split(":");
      if (actual !== state || address === undefined || portText === undefined) return [];
      return [{ protocol, family, address, port: Number.parseInt(portText, 16) }];
    }),
  );
}

/** Whether a socket there keeps us from listening: same port, and the same address or one of the two is "every address". */
export function isTaken(
  taken: readonly ListeningPort[],
  {
    protocol,
    hostIp,
    port,
  }: { readonly protocol: "tcp" | "udp"; readonly hostIp?: string | undefined; readonly port: number },
): boolean {
  return taken.some((other) => {
    if (other.protocol !== protocol || other.port !== port) return false;
    if (hostIp === undefined || isWildcard(other.address)) return true;
    return other.address === (isIPv6(hostIp) ? kernelIpv6(hostIp) : kernelIpv4(hostIp));
  });
}

function readTable(path: string): string[] {
  try {
    return readFileSync(path, "latin1").split("\n").slice(1);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return []; // a kernel without IPv6
    throw error;
  }
}

function isWildcard(address: string): boolean {
  return /^0+$/.test(address);
}

/** 127.0.0.1 as 0100007F: the address's bytes as a number of a little-endian machine, as all of ours are but s390x. */
function kernelIpv4(ip: string): string {
  return hexOfWords(ip.split(".").map(Number));
}

function kernelIpv6(ip: string): string {
  const [head = "", tail = ""] = ip.split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const front = groups(head);
  const back = groups(tail);
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back];
  return hexOfWords(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function hexOfWords(bytes: readonly number[]): string {
  const words = Array.from({ length: bytes.length / 4 }, (_, index) =>
    bytes.slice(index * 4, index * 4 + 4).reverse(),
  );
  return words
    .flat()
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}
