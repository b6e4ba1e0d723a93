import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, start } from "../process/index.ts";

const WAITS = {
  "writes to a pipe": `
    const { writeOutput } = await import(process.argv[1] + "/../io/index.ts");
    process.stderr.write("waits");
    writeOutput(process.argv[2], "x");`,
  "reads from one in the background": `
    const { createReadStream } = await import("node:fs");
    createReadStream(process.argv[2]).resume();
    process.stderr.write("waits");`,
};

describe("signals", () => {
  for (const [what, script] of Object.entries(WAITS)) {
    it(`end a program that ${what} whose other end is closed`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "wherry-pipe-"));
      const pipe = join(folder, "pipe");
      await run("mkfifo", [pipe]);
      const watching = `
        const { watchSignals } = await import(process.argv[1] + "/interruption.ts");
        watchSignals((status) => process.exit(status));`;
      const child = start(
        process.execPath,
        ["--input-type=module", "-e", watching + script, import.meta.dirname, pipe],
        { stdio: ["ignore", "ignore", "pipe"] },
      );
      try {
        const ended = once(child, "exit");
        assert.ok(child.stderr);
        await once(child.stderr, "data");
        const again = setInterval(() => child.kill("SIGTERM"), 100); // the first may come before the wait
        const ending = await ended;
        clearInterval(again);
        assert.deepEqual(ending, [null, "SIGTERM"]);
      } finally {
        child.kill("SIGKILL");
        rmSync(folder, { recursive: true });
      }
    });
  }
});
