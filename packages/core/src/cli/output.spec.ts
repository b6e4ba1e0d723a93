import assert from "node:assert/strict";
import { join } from "node:path";
import { run } from "../process/index.ts";

const PROGRAM = join(import.meta.dirname, "testdata/write-much.ts");

/** What a shell's script prints that has the test program as "$@": its pipes are those of users, Node's own are sockets. */
async function shell(script: string): Promise<string> {
  const argv = ["-c", script, "sh", process.execPath, ...process.execArgv, PROGRAM];
  return (await run("sh", argv)).stdout.toString().trim();
}

describe("standard output", () => {
  it("takes a stream as slowly as its reader does, though a pipeline has made it non-blocking", async () => {
    assert.equal(await shell('"$@" | { sleep 0.5; wc -c; }'), String(4 * 2 ** 20));
  });

  it("ends a stream whose reader has gone", async () => {
    assert.equal(await shell('{ "$@" 2>&3 | true; } 3>&1'), "OutputClosedError");
  });

  it("says what cannot be written when its disk is full", async () => {
    assert.equal(
      await shell('"$@" 2>&1 >/dev/full'),
      "cannot write standard output: no space left on device",
    );
  });
});
