import assert from "node:assert/strict";
import fc from "fast-check";
import { K8sLogParser } from "./k8s-log.ts";

const TIME = "2026-11-23T05:13:09.150513977+00:00";

describe("K8sLogParser", () => {
  const cases = [
    {
      line: `${TIME} stdout F hello world`,
      expected: { stream: "stdout", text: "hello world", isPartial: false },
    },
    { line: `${TIME} stderr P half`, expected: { stream: "stderr", text: "half", isPartial: true } },
    { line: `${TIME} stdout F `, expected: { stream: "stdout", text: "", isPartial: false } },
    {
      line: `${TIME} stdout F  two  spaces `,
      expected: { stream: "stdout", text: " two  spaces ", isPartial: false },
    },
    { line: `${TIME} stdout F:tag more`, expected: { stream: "stdout", text: "more", isPartial: false } },
    { line: "", expected: undefined },
    { line: `${TIME} stdin F x`, expected: undefined },
    { line: `${TIME} stdout`, expected: undefined },
    { line: "garbage with four words", expected: undefined },
  ];
  for (const { line, expected } of cases) {
    it(`reads ${JSON.stringify(line)} as ${JSON.stringify(expected)}`, () => {
      const [entry] = new K8sLogParser().push(Buffer.from(`${line}\n`));
      assert.deepEqual(
        entry === undefined
          ? undefined
          : { stream: entry.stream, text: entry.text.toString(), isPartial: entry.isPartial },
        expected,
      );
    });
  }

  it("gives the same entries however the bytes are cut, and none for an unfinished line", () => {
    const text = fc.string({ unit: "binary" }).map((value) => value.replaceAll("\n", ""));
    fc.assert(
      fc.property(fc.array(text), fc.integer({ min: 1, max: 40 }), (texts, size) => {
        const bytes = Buffer.from(
          texts.map((value) => `${TIME} stdout F ${value}\n`).join("") + `${TIME} stdout F un`,
        );
        const parser = new K8sLogParser();
        const found: string[] = [];
        for (let at = 0; at < bytes.length; at += size)
          found.push(...parser.push(bytes.subarray(at, at + size)).map((entry) => entry.text.toString()));
        assert.deepEqual(
          found,
          texts.map((value) => Buffer.from(value).toString()),
        );
      }),
    );
  });
});
