import assert from "node:assert/strict";
import fc from "fast-check";
import { ignoreRules, parseIgnoreFile } from "./ignore.ts";

describe("parseIgnoreFile", () => {
  it("trims, cleans, drops comments and blank lines", () => {
    const content = "\uFEFF# no\n  a/../b/  \n\n#c\n /d\n!/e/./f\n! g\n #not-a-comment\r\n!./h\n/\n";
    assert.deepEqual(parseIgnoreFile(content), ["b", "d", "!e/f", "!g", "#not-a-comment", "!h", "/"]);
  });
});

describe("ignoreRules", () => {
  const cases: { patterns: string[]; ignored: string[]; kept: string[] }[] = [
    { patterns: ["a"], ignored: ["a", "a/b", "a/b/c"], kept: ["b/a", "ab"] },
    { patterns: ["*"], ignored: ["a", "a/b"], kept: [] },
    { patterns: ["*.md"], ignored: ["x.md"], kept: ["d/x.md"] },
    { patterns: ["**/*.md"], ignored: ["x.md", "d/x.md", "d/e/x.md"], kept: ["x.mdx"] },
    { patterns: ["**"], ignored: ["a", "a/b"], kept: [] },
    { patterns: ["a/**"], ignored: ["a/b", "a/b/c"], kept: ["a", "ab"] },
    { patterns: ["a/**/z"], ignored: ["a/z", "a/b/z", "a/b/c/z"], kept: ["a/bz", "z"] },
    { patterns: ["**/node_modules"], ignored: ["node_modules", "x/node_modules/y"], kept: ["node_modules2"] },
    { patterns: ["**file"], ignored: ["file", "myfile", "d/file"], kept: ["file2"] },
    { patterns: ["*", "!keep"], ignored: ["a"], kept: ["keep", "keep/x"] },
    { patterns: ["docs", "!docs/README.md"], ignored: ["docs", "docs/x"], kept: ["docs/README.md"] },
    { patterns: ["!a", "a"], ignored: ["a"], kept: [] },
    {
      patterns: ["*.md", "!README*.md", "README-secret.md"],
      ignored: ["x.md", "README-secret.md"],
      kept: ["README.md"],
    },
    { patterns: ["a?c"], ignored: ["abc"], kept: ["a/c", "ac"] },
    { patterns: ["[ab]x"], ignored: ["ax", "bx"], kept: ["cx"] },
    { patterns: ["c++"], ignored: ["c++/x"], kept: ["ccc"] },
    { patterns: ["a\\*"], ignored: ["a*"], kept: ["ab"] },
    { patterns: ["a.b"], ignored: ["a.b"], kept: ["axb"] },
    { patterns: ["**/*", "!**/src/**"], ignored: ["a", "x/y"], kept: ["src/a", "x/src/b/c"] },
    { patterns: [".git", ".*"], ignored: [".git/config", ".env"], kept: ["a/.env"] },
    { patterns: ["[[]x]"], ignored: ["[x]"], kept: ["x"] },
  ];
  for (const { patterns, ignored, kept } of cases)
    it(`reads ${patterns.join(" ")}`, () => {
      const rules = ignoreRules(patterns);
      assert.deepEqual(
        ignored.filter((path) => !rules.ignores(path)),
        [],
        "should be ignored",
      );
      assert.deepEqual(
        kept.filter((path) => rules.ignores(path)),
        [],
        "should be kept",
      );
    });

  it("never ignores the context itself", () => {
    assert.equal(ignoreRules(["**"]).ignores("."), false);
  });

  for (const bad of ["[a", "!", "a\\", "[^"])
    it(`refuses ${bad}`, () => {
      assert.throws(() => ignoreRules([bad]));
    });

  it("covers all below what it covers, without exceptions", () => {
    const name = fc.constantFrom("a", "b", "ab", "a.b");
    const path = fc.array(name, { minLength: 1, maxLength: 4 });
    const part = fc.constantFrom("a", "b", "*", "**", "a*", "?b", "[ab]");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), path, name, (pattern, parts, child) => {
        const rules = ignoreRules([pattern.join("/")]);
        const parent = parts.join("/");
        if (rules.ignores(parent)) assert.ok(rules.ignores(`${parent}/${child}`));
        assert.equal(ignoreRules([pattern.join("/"), "!**"]).ignores(parent), false);
      }),
    );
  });
});
