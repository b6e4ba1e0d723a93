import { extname, join } from "node:path";

/** Set by the bundler: the worker beside the bundle. */
declare const BUNDLED_WORKER: string | undefined;

/** The main file of the process that works inside the user namespace. */
export function workerFile(): string {
  if (typeof BUNDLED_WORKER !== "undefined") return BUNDLED_WORKER;
  return join(import.meta.dirname, "../store", `worker-main${extname(import.meta.filename)}`);
}
