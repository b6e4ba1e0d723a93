import assert from "node:assert/strict";
import fc from "fast-check";
import { compilePattern } from "./pattern.ts";

describe("compilePattern", () => {
  const cases: readonly { pattern: string; fits: readonly string[]; not: readonly string[] }[] = [
    {
      pattern: String.raw`^1\.13\.[12]-alpine-perl$`,
      fits: ["1.13.1-alpine-perl", "1.13.2-alpine-perl"],
      not: ["1.13.3-alpine-perl", "1.13.1-alpine", "x1.13.1-alpine-perl", "1-13.1-alpine-perl"],
    },
    { pattern: "alpine", fits: ["3-alpine", "alpine"], not: ["alpin", ""] },
    { pattern: "", fits: ["", "a"], not: [] },
    { pattern: "^v?[0-9]+(?:[.][0-9]+){2}$", fits: ["v1.2.3", "1.2.3"], not: ["1.2", "v1.2.3.4", "vv1.2.3"] },
    { pattern: "^(?P<major>1|2)$", fits: ["1", "2"], not: ["3", "12"] },
    { pattern: "^(?<major>1|2)$", fits: ["1"], not: ["12"] },
    { pattern: "(?i)^RC[a-c]$", fits: ["rcb", "RCB", "rCa"], not: ["rcd"] },
    { pattern: "^(?i:A)b$", fits: ["ab", "Ab"], not: ["aB"] },
    { pattern: "^(?i)a(?-i)b$", fits: ["Ab"], not: ["AB"] },
    { pattern: "(?i)^[^a]$", fits: ["b"], not: ["a", "A"] },
    { pattern: "^[[:digit:]]+[[:^digit:]]$", fits: ["12a"], not: ["12", "a"] },
    { pattern: String.raw`^\d{2,3}$`, fits: ["12", "123"], not: ["1", "1234"] },
    { pattern: String.raw`^\w{2}\W\S$`, fits: ["ab-c"], not: ["abcc"] },
    { pattern: "^a{2}$", fits: ["aa"], not: ["a", "aaa"] },
    { pattern: "^a{2,}$", fits: ["aa", "aaaa"], not: ["a"] },
    { pattern: "^a{,2}$", fits: ["a{,2}"], not: ["aa"] },
    { pattern: "^a*?b+?c??$", fits: ["b", "aabbc"], not: ["a", "cb"] },
    { pattern: String.raw`\A1\z`, fits: ["1"], not: ["11"] },
    { pattern: String.raw`\brc\b`, fits: ["1-rc-2", "rc"], not: ["arc", "rc2"] },
    { pattern: String.raw`a\Bb`, fits: ["ab"], not: ["a-b"] },
    { pattern: String.raw`^\Q1.2+\E$`, fits: ["1.2+"], not: ["1x2+", "1.22"] },
    { pattern: String.raw`^\x31\x{32}$`, fits: ["12"], not: ["1"] },
    { pattern: "^[]a]$", fits: ["]", "a"], not: ["b"] },
    { pattern: String.raw`^[\d.-]+$`, fits: ["1.2-3"], not: ["1a"] },
    { pattern: "^(a|)b$", fits: ["ab", "b"], not: ["aab"] },
    { pattern: "^(a*)*b$", fits: ["aab", "b"], not: ["aac"] },
  ];
  for (const { pattern, fits, not } of cases) {
    it(`reads ${pattern} as Go does`, () => {
      const occurs = compilePattern(pattern);
      assert.deepEqual(
        fits.filter((text) => !occurs(text)),
        [],
        "should fit",
      );
      assert.deepEqual(
        not.filter((text) => occurs(text)),
        [],
        "should not fit",
      );
    });
  }

  const refused = [
    "(?=a)", "(?!a)", "(?<=a)", String.raw`(a)\1`, "[", "[b-a]", "(", ")", "a)", "(a", "*", "a**", "a{2}{3}",
    "a{1001}", "a{3,2}", "\\", String.raw`\y`, "[[:nosuch:]]", "(?z)", "((a{100}){100}){100}", "(".repeat(200),
  ]; // prettier-ignore
  for (const pattern of refused) {
    it(`refuses ${pattern.slice(0, 30)}`, () => {
      assert.throws(() => compilePattern(pattern), { code: "ERR_WHERRY_INVALID_PATTERN" });
    });
  }

  it("takes little time for patterns that make backtracking matchers hang", () => {
    const tag = `${"a".repeat(127)}!`;
    const start = performance.now();
    for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "^(.*a){20}$", "^(?:(?:a?){50}){20}a$"])
      assert.equal(compilePattern(pattern)(tag), false);
    assert.ok(performance.now() - start < 3000);
  });

  it("agrees with JavaScript where the two syntaxes mean the same", () => {
    const atom = fc.constantFrom("a", "b", "1", ".", "[ab]", "[^a1]", String.raw`\d`, "(?:a|b1)", "(b|)");
    const piece = fc
      .tuple(atom, fc.constantFrom("", "*", "+", "?", "{2}", "{1,2}"))
      .map((parts) => parts.join(""));
    const pattern = fc
      .tuple(fc.constantFrom("", "^"), fc.array(piece, { maxLength: 4 }), fc.constantFrom("", "$"))
      .map(([start, pieces, end]) => start + pieces.join("") + end);
    const text = fc.string({ unit: fc.constantFrom("a", "b", "1", "-"), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        assert.equal(compilePattern(source)(subject), new RegExp(source).test(subject));
      }),
      { numRuns: 500 },
    );
  });
});
