export type { NetworkMode } from "./network-mode.ts";
export type { PortMapping } from "./port-mapping.ts";
