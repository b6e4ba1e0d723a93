import assert from "node:assert/strict";
import { shellWords } from "./shell-words.ts";

describe("shellWords", () => {
  const cases: readonly [text: string, words: readonly string[]][] = [
    ["", []],
    ["a  b", ["a", "b"]],
    [`a "b c" 'd "e'`, ["a", "b c", 'd "e']],
    [`a\\ b "c\\"d" 'e\\f'`, ["a b", 'c"d', "e\\f"]],
    [`x ""`, ["x", ""]],
    [`["a","b c"]`, ["a", "b c"]],
    ["[ -f /x ]", ["[", "-f", "/x", "]"]],
  ];
  for (const [text, words] of cases) {
    it(`splits ${JSON.stringify(text)}`, () => {
      assert.deepEqual(shellWords(text), words);
    });
  }

  it("refuses a quote that is not closed", () => {
    assert.throws(() => shellWords("a 'b"), { code: "ERR_WHERRY_USAGE" });
  });
});
