export { createDebianBase } from "./debian-base.ts";
export { createHostBase } from "./host-base.ts";
