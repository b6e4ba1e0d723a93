export { createDebianBase, type DebianBaseOptions } from "./debian-base.ts";
export { createHostBase, type HostBaseOptions } from "./host-base.ts";
