import assert from "node:assert/strict";
import fc from "fast-check";
import { parseRange } from "./version-range.ts";
import { compareVersions, parseVersion, type Version } from "./version.ts";

const version = (text: string): Version => {
  const parsed = parseVersion(text);
  assert.ok(parsed, `${text} is a version`);
  return parsed;
};

describe("parseVersion", () => {
  for (const [text, expected] of [
    ["1.2.3", "1.2.3"], ["v1.2.3", "1.2.3"], ["1.2", "1.2.0"], ["v1", "1.0.0"], ["1.2.3-rc.1", "1.2.3-rc.1"],
    ["1.2-alpine", "1.2.0-alpine"], ["20240101", "20240101.0.0"],
  ] as const) {
    it(`reads ${text} as ${expected}`, () => {
      const { major, minor, patch, prerelease } = version(text);
      const numbers = [major, minor, patch].join(".");
      assert.equal(prerelease.length === 0 ? numbers : `${numbers}-${prerelease.join(".")}`, expected);
    });
  } // prettier-ignore
  for (const text of ["latest", "", "1.2.3.4", "1.", "-1", "v", "1_2", "1.2.3-", "9".repeat(40)]) {
    it(`takes ${JSON.stringify(text)} for no version`, () => assert.equal(parseVersion(text), undefined));
  }
});

describe("compareVersions", () => {
  it("puts versions in the order of semver.org", () => {
    const sorted = [
      "0.9.9", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
      "1.0.0-rc.1", "1.0.0", "1.0.1", "1.1", "2", "10.0.0",
    ]; // prettier-ignore
    fc.assert(
      fc.property(fc.shuffledSubarray(sorted), (some) => {
        const found = [...some].sort((a, b) => compareVersions(version(a), version(b)));
        assert.deepEqual(
          found,
          sorted.filter((text) => some.includes(text)),
        );
      }),
    );
  });
});

describe("parseRange", () => {
  const cases: readonly { range: string; fits: readonly string[]; not: readonly string[] }[] = [
    { range: "1.2.3", fits: ["1.2.3", "v1.2.3"], not: ["1.2.4", "1.2.3-rc1"] },
    { range: "=1.2", fits: ["1.2.0", "1.2.9"], not: ["1.3.0", "1.1.9"] },
    { range: "1.x", fits: ["1.0", "1.9.9"], not: ["2.0", "0.9", "1.2.3-rc1"] },
    { range: "1.2.X", fits: ["1.2.7"], not: ["1.3"] },
    { range: "*", fits: ["0.0.1", "99"], not: ["1.0.0-rc1"] },
    { range: "!=1.2.3", fits: ["1.2.4"], not: ["1.2.3"] },
    { range: "!= 1.2", fits: ["1.3.0"], not: ["1.2.5"] },
    { range: ">1.2.3", fits: ["1.2.4", "2"], not: ["1.2.3"] },
    { range: ">11", fits: ["12.0.0"], not: ["11.1.0", "11"] },
    { range: ">11.1", fits: ["11.2"], not: ["11.1.9"] },
    { range: "<2", fits: ["1.9.9"], not: ["2.0.0"] },
    { range: ">= 3.12.0", fits: ["3.12", "v3.12.0", "4"], not: ["3.11.9"] },
    { range: "=> 3.12.0", fits: ["3.12"], not: ["3.11.9"] },
    { range: "<=11", fits: ["11.9.9", "10"], not: ["12"] },
    { range: "<=1.2.3", fits: ["1.2.3"], not: ["1.2.4"] },
    { range: "~1.2.3", fits: ["1.2.3", "1.2.9"], not: ["1.3.0", "1.2.2"] },
    { range: "~>1.2", fits: ["1.2.0", "1.2.9"], not: ["1.3.0"] },
    { range: "~1", fits: ["1.0.0", "1.9"], not: ["2.0"] },
    { range: "^1.2.3", fits: ["1.2.3", "1.9"], not: ["1.2.2", "2.0"] },
    { range: "^0.2.3", fits: ["0.2.3", "0.2.9"], not: ["0.3.0", "0.2.2"] },
    { range: "^0.0.3", fits: ["0.0.3"], not: ["0.0.4"] },
    { range: "^0.0", fits: ["0.0.9"], not: ["0.1.0"] },
    { range: "^0", fits: ["0.9.9"], not: ["1.0.0"] },
    { range: ">= 1.2, < 2", fits: ["1.2.0", "1.9.9"], not: ["1.1", "2.0"] },
    { range: ">=1.2 <2 !=1.5.0", fits: ["1.4"], not: ["1.5.0", "2"] },
    { range: "1.2 - 1.4.5", fits: ["1.2.0", "1.4.5"], not: ["1.1.9", "1.4.6"] },
    { range: "1 - 2, != 1.5.0", fits: ["1.4", "2.9"], not: ["1.5.0", "3"] },
    { range: "<1 || ^2.1 || 4.0.0", fits: ["0.9", "2.5", "4"], not: ["1.5", "2.0", "4.0.1"] },
    { range: ">=1.2.3-0", fits: ["1.2.3-rc1", "1.3.0-beta", "1.2.3"], not: ["1.2.2"] },
    { range: ">=1.0.0-beta, <1.0.0", fits: ["1.0.0-rc"], not: ["1.0.0-alpha", "1.0.0"] },
  ];
  for (const { range, fits, not } of cases) {
    it(`reads ${range}`, () => {
      const contains = parseRange(range);
      assert.deepEqual(
        fits.filter((text) => !contains(version(text))),
        [],
        "should fit",
      );
      assert.deepEqual(
        not.filter((text) => contains(version(text))),
        [],
        "should not fit",
      );
    });
  }
  for (const range of ["", "abc", ">=", "1.2.3.4", "1.2 ||", "> > 1", "1 2 x!", ">=1.2;<2", "latest"]) {
    it(`refuses ${JSON.stringify(range)}`, () => {
      assert.throws(() => parseRange(range), { code: "ERR_WHERRY_INVALID_RANGE" });
    });
  }
});
