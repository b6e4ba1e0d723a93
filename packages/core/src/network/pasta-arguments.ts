import type { PortMapping } from "./port-mapping.ts";

/** Queries sent there reach the host's own name server, a loopback one too. podman's choice. */
export const DNS_ADDRESS = "169.254.1.1";

/** The host, seen from a container whose pasta knows --map-guest-addr. podman's choice. */
export const HOST_ADDRESS = "169.254.1.2";

export interface PastaArguments {
  readonly ports: readonly PortMapping[];
  /** The user's own, which win over ours. */
  readonly options?: readonly string[];
  readonly pidFile: string;
  /** The user and network namespace of a process, or a path that has a network namespace alone. */
  readonly target: { readonly pid: number } | { readonly netns: string };
  /** Whether this pasta knows --map-guest-addr (2024_08_21 and later). */
  readonly mapGuestAddress?: boolean;
  /** Root would otherwise become nobody, which may not join the namespaces. */
  readonly asRoot?: boolean;
}

/** The argument list of pasta(1): as podman 5 calls it, except that the namespace is given by a process. */
export function pastaArguments(choices: PastaArguments): string[] {
  const { ports, options = [], pidFile, target, mapGuestAddress = false, asRoot = false } = choices;
  const asked = (...names: string[]): boolean =>
    options.some((word) => names.some((name) => word === name || word.startsWith(`${name}=`)));
  const unless = (names: string[], ...words: string[]): string[] => (asked(...names) ? [] : words);
  const tcp = ports
    .filter(({ protocol }) => protocol === "tcp")
    .flatMap((port) => ["-t", portSpecifier(port)]);
  const udp = ports
    .filter(({ protocol }) => protocol === "udp")
    .flatMap((port) => ["-u", portSpecifier(port)]);
  return [
    "--config-net",
    ...(asRoot ? unless(["--runas"], "--runas", "0:0") : []),
    ...options.filter((word) => word !== "--map-gw"),
    ...(tcp.length > 0 ? tcp : unless(["-t", "--tcp-ports"], "-t", "none")),
    ...(udp.length > 0 ? udp : unless(["-u", "--udp-ports"], "-u", "none")),
    ...unless(["-T", "--tcp-ns"], "-T", "none"),
    ...unless(["-U", "--udp-ns"], "-U", "none"),
    ...unless(["--map-gw", "--no-map-gw"], "--no-map-gw"),
    ...unless(["--dns-forward"], "--dns-forward", DNS_ADDRESS),
    ...(mapGuestAddress ? unless(["--map-guest-addr"], "--map-guest-addr", HOST_ADDRESS) : []),
    ...unless(["-d", "--debug", "--trace", "-q", "--quiet"], "--quiet"),
    "--pid",
    pidFile,
    ...("pid" in target ? [String(target.pid)] : ["--netns", target.netns]),
  ];
}

/** `ADDRESS/FIRST-LAST:FIRST-LAST` (passt(1), option -t). */
export function portSpecifier({ hostIp, hostPort, containerPort, range }: PortMapping): string {
  const span = (first: number): string => (range === 1 ? String(first) : `${first}-${first + range - 1}`);
  return `${hostIp === undefined ? "" : `${hostIp}/`}${span(hostPort)}:${span(containerPort)}`;
}
