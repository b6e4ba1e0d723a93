import assert from "node:assert/strict";
import { LogLines } from "./log-lines.ts";

describe("LogLines", () => {
  const entry = { stream: "stdout", text: Buffer.from("text"), isPartial: false } as const;
  const cases = [
    { time: "2026-01-02T03:04:05.123456789+00:00", expected: "2026-01-02T03:04:05.123456789Z text\n" },
    { time: "2026-01-02T03:04:05.123456789+02:00", expected: "2026-01-02T03:04:05.123456789+02:00 text\n" },
  ];
  for (const { time, expected } of cases)
    it(`shows ${time} as Go does`, () => {
      const lines = new LogLines({ name: undefined, timestamps: true });
      assert.equal(lines.format({ ...entry, time }).toString(), expected);
    });

  it("names a line once, however many pieces it comes in", () => {
    const lines = new LogLines({ name: "web", timestamps: false });
    const pieces = [true, true, false].map((isPartial) => lines.format({ ...entry, time: "", isPartial }));
    assert.equal(Buffer.concat(pieces).toString(), "web texttexttext\n");
  });
});
