import { setImmediate } from "node:timers/promises";
import { join } from "node:path";
import { NamespaceWorker } from "../worker.ts";

/** Ends a worker whose last answer has come and was not read yet. */
const program = [process.execPath, ...process.execArgv, join(import.meta.dirname, "echo-worker.ts")];
const worker = new NamespaceWorker(() => Promise.resolve({ enter: () => [] }), program);
await worker.call("echo", {});
const answer = worker.call("echo", {});
await setImmediate();
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
await worker[Symbol.asyncDispose]();
await answer;
process.stdout.write("closed");
