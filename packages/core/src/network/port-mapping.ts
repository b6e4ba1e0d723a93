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
