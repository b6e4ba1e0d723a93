import assert from "node:assert/strict";
import { parseSignal, signalName } from "./index.ts";

describe("parseSignal", () => {
  const cases = [
    { text: "SIGTERM", expected: 15 },
    { text: "term", expected: 15 },
    { text: "9", expected: 9 },
    { text: "SIGRTMIN+3", expected: 37 },
    { text: "RTMAX-1", expected: 63 },
    { text: "SIGRTMIN", expected: 34 },
  ];
  for (const { text, expected } of cases) {
    it(`reads ${text} as ${expected}`, () => {
      assert.equal(parseSignal(text), expected);
    });
  }
  for (const text of ["", "0", "65", "SIGNOTHING", "RTMIN-1", "RTMAX+1", "-9", "toString"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseSignal(text), {
        code: "ERR_WHERRY_INVALID_SIGNAL",
        message: `invalid signal: ${text}`,
      });
    });
  }
  it("names what it read", () => {
    assert.equal(signalName(15), "SIGTERM");
    assert.equal(signalName(37), "37");
  });
});
