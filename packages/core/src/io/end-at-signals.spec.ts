import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endAtSignals } from "./index.ts";

const MODULE = join(import.meta.dirname, "index.ts");

describe("endAtSignals", () => {
  it("hears again when the work is done", () => {
    const heard = (): undefined => undefined;
    process.on("SIGTERM", heard);
    try {
      assert.equal(
        endAtSignals(() => process.listeners("SIGTERM").length),
        0,
      );
      assert.ok(process.listeners("SIGTERM").includes(heard));
    } finally {
      process.off("SIGTERM", heard);
    }
  });

  it("has a signal end what waits for the reader of a pipe", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wherry-pipe-"));
    const pipe = join(folder, "pipe");
    assert.equal(spawnSync("mkfifo", [pipe]).status, 0);
    const script = `
      const { writeOutput } = await import(${JSON.stringify(MODULE)});
      process.on("SIGTERM", () => undefined);
      process.stderr.write("waits");
      writeOutput(${JSON.stringify(pipe)}, "x");`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    try {
      const ended = once(child, "exit");
      await once(child.stderr, "data");
      const again = setInterval(() => child.kill("SIGTERM"), 100); // the first may come before the wait
      const [, signal] = (await ended) as [number | null, string | null];
      clearInterval(again);
      assert.equal(signal, "SIGTERM");
    } finally {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true });
    }
  });
});
