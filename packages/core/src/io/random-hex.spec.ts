import assert from "node:assert/strict";
import { randomHex } from "./random-hex.ts";

describe("randomHex", () => {
  const cases = [
    { source: "/dev/urandom", from: "the kernel" },
    { source: "/nonexistent/urandom", from: "Node, where a system has no such device" },
    { source: "/dev/null", from: "Node, where the device gives nothing" },
  ];
  for (const { source, from } of cases) {
    it(`gives bytes of ${from}`, () => {
      const seen = new Set(Array.from({ length: 50 }, () => randomHex(8, source)));
      assert.equal(seen.size, 50);
      for (const text of seen) assert.match(text, /^[0-9a-f]{16}$/);
    });
  }

  it("gives as many as were asked for", () => {
    assert.deepEqual(
      [0, 1, 6, 32].map((bytes) => randomHex(bytes).length),
      [0, 2, 12, 64],
    );
  });
});
