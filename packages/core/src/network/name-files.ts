import { isIP } from "node:net";
import { InvalidHostEntryError } from "./errors.ts";

export interface ResolvConfChoices {
  /** The host's /etc/resolv.conf; empty where there is none. */
  readonly host: string;
  /** Name servers that work inside the container whatever the host's are: pasta's. Put first. */
  readonly forwarders?: readonly string[];
  /** --dns; replaces the host's servers and the forwarders. */
  readonly dns?: readonly string[];
  /** --dns-search; replaces the host's; "." means none. */
  readonly search?: readonly string[];
  /** --dns-option; added. */
  readonly options?: readonly string[];
  /** Whether the container shares the host's network, and with it servers on loopback addresses. */
  readonly hostNetwork?: boolean;
}

/** The container's resolv.conf(5): the host's, without servers that only the host can reach. */
export function resolvConf(choices: ResolvConfChoices): string {
  const { host, forwarders = [], dns = [], search = [], options = [], hostNetwork = false } = choices;
  const lines = host.split("\n").map((line) =>
    line
      .replace(/[#;].*$/, "")
      .trim()
      .split(/\s+/),
  );
  const valuesOf = (keyword: string): string[][] =>
    lines.filter(([word]) => word === keyword).map(([, ...rest]) => rest);
  const hostServers = valuesOf("nameserver")
    .flatMap(([server]) => server ?? [])
    .filter((server) => hostNetwork || !isHostOnly(server));
  const servers = dns.length > 0 ? dns : [...forwarders, ...hostServers];
  const searched =
    search.length > 0 ? search : (valuesOf("search").at(-1) ?? valuesOf("domain").at(-1) ?? []);
  const allOptions = [...valuesOf("options").flat(), ...options];
  return [
    ...(searched.length === 0 || searched.includes(".") ? [] : [`search ${searched.join(" ")}`]),
    ...[...new Set(servers)].map((server) => `nameserver ${server}`),
    ...(allOptions.length === 0 ? [] : [`options ${[...new Set(allOptions)].join(" ")}`]),
    "",
  ].join("\n");
}

/** Loopback, and link-local addresses of one of the host's interfaces (`fe80::1%eth0`). */
function isHostOnly(server: string): boolean {
  return server.startsWith("127.") || server === "::1" || server.includes("%");
}

export interface HostsChoices {
  /** The host's /etc/hosts; its entries are kept, as podman does. */
  readonly host: string;
  /** Names of the container itself: hostname, then its name. */
  readonly names: readonly string[];
  /** The container's own address; default 127.0.0.1, as without a network. */
  readonly address?: string;
  /** What host.containers.internal stands for; undefined leaves it out. */
  readonly hostAddress?: string | undefined;
  /** --add-host values, `NAME:IP`; `NAME:host-gateway` is `hostAddress`. Checked by `parseAddHost`. */
  readonly added?: readonly HostEntry[];
}

export interface HostEntry {
  readonly address: string;
  readonly names: readonly string[];
}

/**
 * The container's hosts(5). What the user added wins over all else.
 *
 * @throws {InvalidHostEntryError} for host-gateway without `hostAddress`.
 */
export function hostsFile({
  host,
  names,
  address = "127.0.0.1",
  hostAddress,
  added = [],
}: HostsChoices): string {
  const gateway = hostAddress === undefined ? [] : [{ address: hostAddress, names: HOST_NAMES }];
  const entries: HostEntry[] = [
    ...added.flatMap((entry) => {
      if (entry.address !== "host-gateway") return [entry];
      if (hostAddress !== undefined) return [{ ...entry, address: hostAddress }];
      throw new InvalidHostEntryError(
        `${entry.names.join(";")}:host-gateway`,
        "this container's network has no address for the host",
      );
    }),
    ...parseHosts(host),
    { address: "127.0.0.1", names: ["localhost"] },
    { address: "::1", names: ["localhost"] },
    ...gateway,
    { address, names },
  ];
  return withoutRepeats(entries)
    .map((entry) => `${entry.address}\t${entry.names.join(" ")}\n`)
    .join("");
}

const HOST_NAMES = ["host.containers.internal", "host.docker.internal"];

/** The entries without the names that an earlier one gave an address; a name may have one of each family. */
function withoutRepeats(entries: readonly HostEntry[]): HostEntry[] {
  const seen = new Set<string>();
  return entries.flatMap(({ address, names }) => {
    const keys = new Map(names.map((name) => [name, `${address.includes(":") ? 6 : 4} ${name}`]));
    const fresh = [...keys].filter(([, key]) => !seen.has(key)).map(([name]) => name);
    for (const key of keys.values()) seen.add(key);
    return fresh.length === 0 ? [] : [{ address, names: fresh }];
  });
}

function parseHosts(text: string): HostEntry[] {
  return text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*$/, "").trim().split(/\s+/);
    return ADDRESS.test(address) && names.length > 0 ? [{ address, names }] : [];
  });
}

/** What begins an entry of a hosts file that libc reads; `isIP` would take 5 ms at its first use. */
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F]*:[\da-fA-F:.]*(?:%\S+)?)$/;

/**
 * Reads `--add-host NAME[;NAME…]:ADDRESS`; the address may be `host-gateway`.
 *
 * @throws {InvalidHostEntryError}
 */
export function parseAddHost(text: string): HostEntry {
  const colon = text.indexOf(":");
  const names = colon === -1 ? [] : text.slice(0, colon).split(";");
  const address = text.slice(colon + 1).replace(/^\[(.*)\]$/, "$1");
  if (names.length === 0 || names.includes("")) throw new InvalidHostEntryError(text, "expected NAME:IP");
  if (address !== "host-gateway" && isIP(address) === 0)
    throw new InvalidHostEntryError(text, `${JSON.stringify(address)} is not an IP address`);
  return { address, names };
}
