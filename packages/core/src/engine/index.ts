export { Engine, type EngineOptions } from "./engine.ts";
export { thisHost, type Host } from "./host.ts";
