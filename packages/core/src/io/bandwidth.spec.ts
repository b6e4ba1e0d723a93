import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Bandwidth, throttled } from "./index.ts";

describe("Bandwidth", () => {
  it("makes each piece wait for those before it, whoever they belong to", () => {
    let now = 0;
    const bandwidth = new Bandwidth(1000, () => now);
    assert.deepEqual([bandwidth.reserve(100), bandwidth.reserve(50), bandwidth.reserve(50)], [0, 50, 100]);
    now = 100;
    assert.equal(bandwidth.reserve(100), 100);
  });

  it("allows no more than a short burst after a silence", () => {
    let now = 0;
    const bandwidth = new Bandwidth(1000, () => now);
    bandwidth.reserve(1);
    now = 60_000;
    assert.equal(bandwidth.reserve(1000), 900);
  });

  it("keeps the bytes, and takes the time", async () => {
    const pieces = Array.from({ length: 8 }, (_, index) => Buffer.alloc(10_000, index));
    const started = performance.now();
    const bytes = await buffer(throttled(Readable.from(pieces), new Bandwidth(400_000)));
    assert.ok(bytes.equals(Buffer.concat(pieces)));
    assert.ok(performance.now() - started >= 80, "80 kB at 400 kB/s, less the burst");
  });

  it("passes on the failure of what it reads", async () => {
    const failing = new Readable({ read: () => undefined });
    const read = buffer(throttled(failing, new Bandwidth(10)));
    failing.destroy(new Error("cut"));
    await assert.rejects(read, /cut/);
  });
});
