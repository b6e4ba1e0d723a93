import assert from "node:assert/strict";
import fc from "fast-check";
import { fileMatch } from "./file-match.ts";

describe("fileMatch", () => {
  /** What Go's own tests of path.Match expect. */
  const cases: [pattern: string, name: string, expected: boolean | "bad"][] = [
    ["abc", "abc", true],
    ["*", "abc", true],
    ["*c", "abc", true],
    ["a*", "a", true],
    ["a*", "abc", true],
    ["a*", "ab/c", false],
    ["a*/b", "abc/b", true],
    ["a*/b", "a/c/b", false],
    ["a*b*c*d*e*/f", "axbxcxdxe/f", true],
    ["a*b*c*d*e*/f", "axbxcxdxexxx/f", true],
    ["a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false],
    ["a*b*c*d*e*/f", "axbxcxdxexxx/fff", false],
    ["a*b?c*x", "abxbbxdbxebxczzx", true],
    ["a*b?c*x", "abxbbxdbxebxczzy", false],
    ["ab[c]", "abc", true],
    ["ab[b-d]", "abc", true],
    ["ab[e-g]", "abc", false],
    ["ab[^c]", "abc", false],
    ["ab[^b-d]", "abc", false],
    ["ab[^e-g]", "abc", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "ab", false],
    ["a?b", "a☺b", true],
    ["a[^a]b", "a☺b", true],
    ["a???b", "a☺b", false],
    ["a[^a][^a][^a]b", "a☺b", false],
    ["[a-ζ]*", "α", true],
    ["*[a-ζ]", "A", false],
    ["a?b", "a/b", false],
    ["a*b", "a/b", false],
    ["[\\]a]", "]", true],
    ["[\\-]", "-", true],
    ["[x\\-]", "x", true],
    ["[x\\-]", "-", true],
    ["[x\\-]", "z", false],
    ["[\\-x]", "x", true],
    ["[\\-x]", "a", false],
    ["[]a]", "]", "bad"],
    ["[-]", "-", "bad"],
    ["[x-]", "x", "bad"],
    ["[-x]", "x", "bad"],
    ["\\", "a", "bad"],
    ["[a-b-c]", "a", "bad"],
    ["[", "a", "bad"],
    ["[^", "a", "bad"],
    ["[^bc", "a", "bad"],
    ["a[", "ab", "bad"],
    ["*x", "xxx", true],
    ["c++/x", "c++/x", true],
    ["(x)", "(x)", true],
    ["a+b", "aab", false],
    ["[[]x", "[x", true],
    ["a.b", "axb", false],
    ["{a,b}", "a", false],
  ];
  for (const [pattern, name, expected] of cases)
    it(`${pattern} ${expected === "bad" ? "cannot be read" : `${expected ? "fits" : "does not fit"} ${name}`}`, () => {
      if (expected === "bad") assert.throws(() => fileMatch(pattern, name), /invalid pattern/);
      else assert.equal(fileMatch(pattern, name), expected);
    });

  it("matches any name when every character of it is escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        assert.equal(fileMatch(name.replace(/./gsu, "\\$&"), name), true);
      }),
    );
  });
});
