import assert from "node:assert/strict";
import fc from "fast-check";
import { DetachScanner, parseDetachKeys } from "./detach-keys.ts";

describe("parseDetachKeys", () => {
  const cases = [
    { text: "ctrl-p,ctrl-q", expected: [0x10, 0x11] },
    { text: "", expected: [] },
    { text: "a,ctrl-],ctrl-@", expected: [0x61, 0x1d, 0] },
    { text: "CTRL-A", expected: [1] },
  ];
  for (const { text, expected } of cases) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual([...parseDetachKeys(text)], expected);
    });
  }
  for (const text of ["ctrl-", "ab", "ctrl-1", "a,,b", "ü"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseDetachKeys(text), { code: "ERR_WHERRY_INVALID_DETACH_KEYS" });
    });
  }
});

describe("DetachScanner", () => {
  const cases = [
    { keys: "a,b", typed: ["xab"], passed: "x", isDetached: true },
    { keys: "a,b", typed: ["xa", "b"], passed: "x", isDetached: true },
    { keys: "a,b", typed: ["xac"], passed: "xac", isDetached: false },
    { keys: "a,b", typed: ["aab"], passed: "a", isDetached: true },
    { keys: "", typed: ["ab"], passed: "ab", isDetached: false },
  ];
  for (const { keys, typed, passed, isDetached } of cases) {
    it(`${isDetached ? "finds" : "does not find"} ${JSON.stringify(keys)} in ${JSON.stringify(typed)}`, () => {
      const scanner = new DetachScanner(parseDetachKeys(keys));
      const results = typed.map((text) => scanner.scan(Buffer.from(text)));
      assert.equal(results.map((result) => result.passed.toString()).join(""), passed);
      assert.equal(results.at(-1)?.isDetached, isDetached);
    });
  }

  it("passes on all other bytes, however they are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 20 })), (pieces) => {
        const typed = Buffer.concat(pieces).filter((byte) => byte !== 0x10);
        const scanner = new DetachScanner(parseDetachKeys("ctrl-p,ctrl-q"));
        const passed = pieces.map((piece) => scanner.scan(piece.filter((byte) => byte !== 0x10)).passed);
        assert.deepEqual(Buffer.concat(passed), Buffer.from(typed));
      }),
    );
  });
});
