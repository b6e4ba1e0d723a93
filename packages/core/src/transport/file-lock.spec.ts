import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { withIndexLock } from "./file-lock.ts";

const ROUNDS = 150;

const COUNT = `
  const { readFileSync, writeFileSync } = require("node:fs");
  const { workerData: { module, layout, rounds } } = require("node:worker_threads");
  import(module).then(({ withIndexLock }) => {
    for (let round = 0; round < rounds; round++)
      withIndexLock(layout, () => {
        const path = layout + "/count";
        writeFileSync(path, String(Number(readFileSync(path, "utf8")) + 1));
      });
  });`;

describe("withIndexLock", () => {
  let layout: string;
  beforeEach(() => {
    layout = mkdtempSync(join(tmpdir(), "wherry-lock-"));
  });
  afterEach(() => rmSync(layout, { recursive: true }));

  it("loses nothing of what several write at a time, and leaves no file behind", async function () {
    this.timeout(20_000);
    writeFileSync(join(layout, "count"), "0");
    const module = new URL("./file-lock.ts", import.meta.url).href;
    const workers = [1, 2, 3].map(
      () => new Worker(COUNT, { eval: true, workerData: { module, layout, rounds: ROUNDS } }),
    );
    const ends = await Promise.all(workers.map((worker) => once(worker, "exit")));
    assert.deepEqual(ends, [[0], [0], [0]]);
    assert.equal(readFileSync(join(layout, "count"), "utf8"), String(3 * ROUNDS));
    assert.deepEqual(readdirSync(layout), ["count"]);
  });

  it("needs no room on the disk, and says where it cannot be taken", () => {
    assert.equal(
      withIndexLock(layout, () => readFileSync(join(layout, ".index.json.lock"), "utf8")),
      "",
    );
    assert.throws(() => withIndexLock(join(layout, "missing"), () => undefined), {
      code: "ERR_WHERRY_FILE_SYSTEM",
    });
  });

  it("is free again after a failure", () => {
    assert.throws(
      () =>
        withIndexLock(layout, () => {
          throw new Error("no");
        }),
      /^Error: no$/,
    );
    assert.equal(
      withIndexLock(layout, () => 7),
      7,
    );
  });

  for (const [what, offsetMs] of [
    ["", -60_000],
    [", before the clock was set back too", 3_600_000],
  ] as const) {
    it(`takes the lock of somebody who was killed${what}`, () => {
      const lock = join(layout, ".index.json.lock");
      writeFileSync(lock, "1\n");
      const then = new Date(Date.now() + offsetMs);
      utimesSync(lock, then, then);
      assert.equal(
        withIndexLock(layout, () => "mine"),
        "mine",
      );
      assert.deepEqual(readdirSync(layout), []);
    });
  }
});
