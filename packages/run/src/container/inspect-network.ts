import { goMap } from "@wherry/core/cli";
import { unpublishedPorts, type ListedContainer } from "@wherry/core/container";
import { formatNetworkMode, type PortMapping } from "@wherry/core/network";

/** What podman says of a network that gives a container no address of its own: pasta copies the host's. */
const NO_ADDRESS = {
  EndpointID: "",
  Gateway: "",
  IPAddress: "",
  IPPrefixLen: 0,
  IPv6Gateway: "",
  GlobalIPv6Address: "",
  GlobalIPv6PrefixLen: 0,
  MacAddress: "",
};

/** `NetworkSettings` of a container. */
export function networkSettings({ container: { id, config }, state }: ListedContainer): object {
  const { kind } = config.network;
  const network = formatNetworkMode(config.network).split(":", 1)[0] ?? "";
  const hasOwn = state.status === "running" && kind !== "host";
  return {
    ...NO_ADDRESS,
    Bridge: "",
    SandboxID: "",
    HairpinMode: false,
    LinkLocalIPv6Address: "",
    LinkLocalIPv6PrefixLen: 0,
    Ports: goMap({ ...exposedOnly(config), ...portBindings(config.ports) }),
    // its network namespace, which nothing keeps but its processes
    SandboxKey: hasOwn ? `/proc/${state.init.pid}/ns/net` : "",
    Networks: goMap({
      [network]: {
        ...NO_ADDRESS,
        NetworkID: network,
        DriverOpts: null,
        IPAMConfig: null,
        Links: null,
        Aliases: [id.slice(0, 12)],
      },
    }),
  };
}

/** `80/tcp` → where it is published. */
export function portBindings(ports: readonly PortMapping[]): Readonly<Record<string, unknown>> {
  const bindings: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { hostIp = "0.0.0.0", hostPort, containerPort, protocol, range } of ports) {
    for (let index = 0; index < range; index++) {
      const key = `${containerPort + index}/${protocol}`;
      (bindings[key] ??= []).push({ HostIp: hostIp, HostPort: String(hostPort + index) });
    }
  }
  return goMap(bindings);
}

function exposedOnly(config: Parameters<typeof unpublishedPorts>[0]): Readonly<Record<string, null>> {
  return Object.fromEntries(
    unpublishedPorts(config).map(({ containerPort, protocol }) => [`${containerPort}/${protocol}`, null]),
  );
}
