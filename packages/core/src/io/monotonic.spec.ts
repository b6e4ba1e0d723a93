import assert from "node:assert/strict";
import { monotonicMs } from "./monotonic.ts";

describe("monotonicMs", () => {
  it("goes on with the time, in milliseconds", () => {
    const start = monotonicMs();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    const passed = monotonicMs() - start;
    assert.ok(passed >= 20 && passed < 20_000, `${passed}`);
  });
});
