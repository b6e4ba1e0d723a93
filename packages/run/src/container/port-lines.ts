import { UsageError } from "@wherry/core/cli";
import type { PortMapping } from "@wherry/core/network";

/** One port of a container. */
export interface PortQuery {
  readonly port: number;
  readonly protocol: string;
}

/** What `port CONTAINER PORT[/PROTOCOL]` asks for; TCP where nothing else is said. @throws {UsageError} */
export function parsePortQuery(text: string): PortQuery {
  const [, digits, protocol = "tcp"] = /^(\d+)(?:\/(tcp|udp|sctp))?$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > 65_535)
    throw new UsageError(
      `invalid port ${JSON.stringify(text)}: write it as PORT or PORT/PROTOCOL, such as 80/tcp`,
    );
  return { port, protocol };
}

/** Where ports are published, one line for each; of the one that is asked for only the place. */
export function portLines(ports: readonly PortMapping[], query?: PortQuery): string[] {
  return ports.flatMap(({ hostIp = "0.0.0.0", hostPort, containerPort, protocol, range }) =>
    Array.from({ length: range }, (_, index) => index).flatMap((index) => {
      const inside = containerPort + index;
      const place = `${hostIp.includes(":") ? `[${hostIp}]` : hostIp}:${hostPort + index}`;
      if (query === undefined) return [`${inside}/${protocol} -> ${place}`];
      return query.port === inside && query.protocol === protocol ? [place] : [];
    }),
  );
}
