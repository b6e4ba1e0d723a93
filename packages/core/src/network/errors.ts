import { WherryError, type ErrorDetails } from "../error/index.ts";

/** A `-p` value that cannot be read. */
export class InvalidPortError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_PORT";
  constructor(text: string, why: string) {
    super(`invalid port mapping ${JSON.stringify(text)}: ${why}`, {
      hint: "write it as [[IP:]HOST_PORT:]CONTAINER_PORT[/udp], such as 8080:80 or 127.0.0.1:5353:53/udp",
    });
  }
}

/** Two mappings of one container want the same port of the host. */
export class ConflictingPortsError extends WherryError {
  override readonly code = "ERR_WHERRY_CONFLICTING_PORTS";
  constructor(hostPort: number, protocol: string) {
    super(`conflicting port mappings for host port ${hostPort} (protocol ${protocol})`);
  }
}

/** A `--network` value that cannot be read, or a kind of network that is not there. */
export class InvalidNetworkError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_NETWORK";
  constructor(text: string, why: string) {
    super(`invalid network ${JSON.stringify(text)}: ${why}`, {
      hint: "use none, host, pasta or container:NAME",
    });
  }
}

/** Another program listens on a port that should be published. */
export class PortInUseError extends WherryError {
  override readonly code = "ERR_WHERRY_PORT_IN_USE";
  constructor(hostIp: string | undefined, port: number, protocol: string) {
    super(
      `cannot listen on ${addressText(hostIp, port)}: bind: address already in use (${protocol} port ${port})`,
      {
        hint: `publish another port of the host, or find the program with \`ss -${protocol === "udp" ? "u" : "t"}lnp 'sport = :${port}'\``,
      },
    );
  }
}

/** A port below the limit for ordinary users. */
export class PrivilegedPortError extends WherryError {
  override readonly code = "ERR_WHERRY_PRIVILEGED_PORT";
  constructor(hostIp: string | undefined, port: number, limit: number) {
    super(
      `cannot expose privileged port ${port}: listen on ${addressText(hostIp, port)}: bind: permission denied; ordinary users may use ports from ${limit} (net.ipv4.ip_unprivileged_port_start)`,
      {
        hint: `publish a port from ${limit} on, or let root run: sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`,
      },
    );
  }
}

/** An address that is not this host's. */
export class AddressNotLocalError extends WherryError {
  override readonly code = "ERR_WHERRY_ADDRESS_NOT_LOCAL";
  constructor(hostIp: string | undefined, port: number) {
    super(`cannot listen on ${addressText(hostIp, port)}: bind: cannot assign requested address`, {
      hint: "use an address of this host (`ip addr` lists them), or none for every address",
    });
  }
}

/** pasta cannot make its network device. */
export class TunDeviceError extends WherryError {
  override readonly code = "ERR_WHERRY_TUN_DEVICE";
  constructor(problem: "missing" | "closed", details: ErrorDetails = {}) {
    super(
      problem === "missing"
        ? "the container's network needs /dev/net/tun, which is missing on this host"
        : "the container's network needs /dev/net/tun, which this user may not open",
      {
        hint:
          problem === "missing"
            ? "let root run `modprobe tun`, or use --network none or host (doctor check: tun-device)"
            : "let root run `chmod 0666 /dev/net/tun`, or use --network none or host (doctor check: tun-device)",
        ...details,
      },
    );
  }
}

/** The program that connects containers is not installed. */
export class PastaMissingError extends WherryError {
  override readonly code = "ERR_WHERRY_PASTA_MISSING";
  constructor() {
    super("pasta not found, which is needed to connect the container to the network", {
      hint: "install the package passt, or use --network none or host (doctor check: pasta)",
    });
  }
}

/** pasta ended instead of connecting the container. */
export class PastaFailedError extends WherryError {
  override readonly code = "ERR_WHERRY_PASTA_FAILED";
  constructor(words: string, cause?: unknown) {
    super(`cannot connect the container to the network: pasta: ${words}`, {
      cause,
      hint: "`wherry doctor` checks what pasta needs; --network none or host do without it",
    });
  }
}

/** An `--add-host` value that cannot be read. */
export class InvalidHostEntryError extends WherryError {
  override readonly code = "ERR_WHERRY_INVALID_HOST_ENTRY";
  constructor(text: string, why: string) {
    super(`invalid host entry ${JSON.stringify(text)}: ${why}`, { hint: "write it as --add-host NAME:IP" });
  }
}

function addressText(hostIp: string | undefined, port: number): string {
  const ip = hostIp ?? "0.0.0.0";
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
