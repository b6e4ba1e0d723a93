/* A program that reads what a worker writes after its answer, and prints it. */
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { NamespaceWorker } from "../index.ts";

const program = [process.execPath, ...process.execArgv, join(import.meta.dirname, "echo-worker.ts")];
await using worker = new NamespaceWorker(() => Promise.resolve({ enter: () => [] }), program);
const stream = await worker.stream();
await worker.call("writeLate", {});
process.stdout.write(await text(stream));
