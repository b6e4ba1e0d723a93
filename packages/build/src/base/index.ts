export { VARIANTS, type Variant } from "./bootstrap.ts";
export { createDebianBase } from "./debian-base.ts";
export { createHostBase } from "./host-base.ts";
