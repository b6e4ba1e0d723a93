import type { BlockList } from "node:net";

let blockList: BlockList | undefined;

/** Networks no public host lives in: this host, private, link-local (cloud metadata), shared, unique local, reserved. */
const PRIVATE_NETWORKS = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
] as const;

/** Whether the host of a URL (`URL.hostname`, so numbers are already in dotted form) is a literal private address or localhost. */
export function isPrivateHost(hostname: string): boolean {
  return isLocalhostName(hostname) || isPrivateAddress(hostname.replace(/^\[|\]$/g, ""));
}

/** Whether the host of a URL is this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return isLocalhostName(hostname) || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}

function isLocalhostName(hostname: string): boolean {
  return /^(?:.+\.)?localhost\.?$/.test(hostname);
}

function isPrivateAddress(address: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const version = isIP(address);
  if (version === 0) return false;
  if (blockList === undefined) {
    blockList = new BlockList();
    for (const [network, prefix] of PRIVATE_NETWORKS) {
      blockList.addSubnet(network, prefix, network.includes(":") ? "ipv6" : "ipv4");
    }
  }
  return blockList.check(address, version === 6 ? "ipv6" : "ipv4");
}
