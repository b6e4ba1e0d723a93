import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDuration, parseDuration } from "./duration.ts";
import { formatAge, formatBinarySize, formatSize, formatSpan } from "./units.ts";

describe("formatSize", () => {
  const cases = [
    { size: 0, expected: "0 B" },
    { size: 999, expected: "999 B" },
    { size: 11_400, expected: "11.4 kB" },
    { size: 1_343_000, expected: "1.34 MB" },
    { size: 2_000_000, expected: "2 MB" },
    { size: 999_950, expected: "1 MB" },
    { size: 5e12, expected: "5 TB" },
  ];
  for (const { size, expected } of cases) {
    it(`prints ${size} as ${expected}`, () => {
      assert.equal(formatSize(size), expected);
      assert.equal(formatSize(size, ""), expected.replace(" ", ""));
    });
  }

  it("prints memory in binary units", () => {
    assert.equal(formatBinarySize(1536 * 1024 * 1024), "1.5GiB");
  });
});

describe("formatSpan", () => {
  const second = 1000;
  const hour = 3_600_000;
  const cases = [
    { span: 500, expected: "Less than a second" },
    { span: second, expected: "1 second" },
    { span: 59.9 * second, expected: "59 seconds" },
    { span: 61 * second, expected: "About a minute" },
    { span: 59 * 60 * second, expected: "59 minutes" },
    { span: 1.2 * hour, expected: "About an hour" },
    { span: 47 * hour, expected: "47 hours" },
    { span: 48 * hour, expected: "2 days" },
    { span: 15 * 24 * hour, expected: "2 weeks" },
    { span: 61 * 24 * hour, expected: "2 months" },
    { span: 800 * 24 * hour, expected: "2 years" },
  ];
  for (const { span, expected } of cases) {
    it(`says ${expected}`, () => assert.equal(formatSpan(span), expected));
  }

  it("says of a span that a clock set back made negative what it says of a short one", () => {
    assert.equal(formatSpan(-3 * hour), "Less than a second");
  });

  it("counts from then to now", () => {
    assert.equal(
      formatAge("2026-11-23T04:00:00.123456789Z", new Date("2026-11-23T06:00:01Z")),
      "2 hours ago",
    );
  });
});

describe("parseDuration", () => {
  const cases = [
    { text: "0", expected: 0 },
    { text: "1h2m3s", expected: 3_723_000 },
    { text: "500ms", expected: 500 },
    { text: "-1.5h", expected: -5_400_000 },
    { text: ".5s", expected: 500 },
    { text: "10µs", expected: 0.01 },
  ];
  for (const { text, expected } of cases) {
    it(`reads ${text}`, () => assert.equal(parseDuration(text), expected));
  }

  const wrong = [
    { text: "10", message: 'time: missing unit in duration "10"' },
    { text: "1d", message: 'time: unknown unit "d" in duration "1d"' },
    { text: "", message: 'time: invalid duration ""' },
    { text: "s", message: 'time: invalid duration "s"' },
    { text: "1h x", message: 'time: invalid duration "1h x"' },
  ];
  for (const { text, message } of wrong) {
    it(`refuses ${JSON.stringify(text)} in Go's words`, () =>
      assert.throws(() => parseDuration(text), { message }));
  }

  it("reads back what formatDuration prints", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (milliseconds) => {
        assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds === 0 ? 0 : milliseconds);
      }),
    );
  });
});

describe("formatDuration", () => {
  const cases = [
    { milliseconds: 0, expected: "0s" },
    { milliseconds: 100, expected: "100ms" },
    { milliseconds: 1500, expected: "1.5s" },
    { milliseconds: 60_000, expected: "1m0s" },
    { milliseconds: 3_723_000, expected: "1h2m3s" },
    { milliseconds: 0.0015, expected: "1.5µs" },
  ];
  for (const { milliseconds, expected } of cases) {
    it(`prints ${expected}`, () => assert.equal(formatDuration(milliseconds), expected));
  }
});
