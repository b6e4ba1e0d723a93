import assert from "node:assert/strict";
import fc from "fast-check";
import { ContainerfileError, SyntaxProblem } from "./errors.ts";
import { expandWord } from "./expand.ts";
import { fileMatch } from "./file-match.ts";
import { ignoreRules, parseIgnoreFile } from "./ignore.ts";
import { lexContainerfile } from "./lexer.ts";
import { parseContainerfile } from "./parse-containerfile.ts";
import { splitBlanks } from "./words.ts";

const RUNS = { seed: 4, numRuns: 300 };
const letters = (alphabet: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), minLength: 1, maxLength });

describe("the language, whatever is written in it", () => {
  it("gives instructions back, however their lines are broken and what stands between", () => {
    const word = letters("abc=/.", 5);
    const gap = fc.constantFrom(" ", "  ", "\t", " \\\n ", " \\  \n", " \\\n# not part of it\n", " \\\n\n");
    const between = fc.constantFrom("", "\n", "# a comment\n", "  \n\n");
    const instruction = fc.record({
      keyword: fc.constantFrom("ENV", "label", "Copy"),
      words: fc.array(fc.tuple(gap, word), { minLength: 1, maxLength: 5 }),
      before: between,
    });
    fc.assert(
      fc.property(fc.array(instruction, { maxLength: 5 }), fc.constantFrom("\n", "\r\n"), (written, end) => {
        let text = "# first\n";
        const lines = written.map(({ keyword, words, before }) => {
          text += before;
          const line = text.split("\n").length;
          text += `${keyword}${words.map(([blank, each]) => blank + each).join("")}\n`;
          return line;
        });
        const { instructions } = lexContainerfile(text.replaceAll("\n", end), "F");
        assert.deepEqual(
          instructions.map(({ keyword, rest, line }) => ({ keyword, line, words: splitBlanks(rest) })),
          written.map(({ keyword, words }, index) => ({
            keyword,
            line: lines[index],
            words: words.map(([, each]) => each),
          })),
        );
      }),
      RUNS,
    );
  });

  it("expands words as their parts say", () => {
    const values = new Map([
      ["set", "value"],
      ["empty", ""],
    ]);
    const valueOf = (name: string): string => values.get(name) ?? "";
    const name = fc.constantFrom("set", "empty", "unset");
    const plain = letters("ab:/.-", 4);
    const part = fc.oneof(
      plain.map((text) => ({ text, means: text })),
      name.map((each) => ({ text: `\${${each}}`, means: valueOf(each) })),
      fc.tuple(name, plain).map(([each, other]) => ({
        text: `\${${each}:-${other}}`,
        means: valueOf(each) === "" ? other : valueOf(each),
      })),
      fc.tuple(name, plain).map(([each, other]) => ({
        text: `\${${each}-${other}}`,
        means: values.get(each) ?? other,
      })),
      fc.tuple(name, plain).map(([each, other]) => ({
        text: `\${${each}:+${other}}`,
        means: valueOf(each) === "" ? "" : other,
      })),
      letters('a $"\\', 4).map((text) => ({ text: `'${text}'`, means: text })),
      fc.tuple(name, letters("a '", 3)).map(([each, other]) => ({
        text: `"${other}\${${each}}"`,
        means: other + valueOf(each),
      })),
      fc.constantFrom("$", '"', "'", "\\").map((special) => ({ text: `\\${special}`, means: special })),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        assert.equal(
          expandWord(parts.map(({ text }) => text).join(""), (each) => values.get(each)),
          parts.map(({ means }) => means).join(""),
        );
      }),
      RUNS,
    );
  });

  it("matches names as a simple model does", () => {
    fc.assert(
      fc.property(letters("ab*?/", 7), letters("ab/", 7), (pattern, path) => {
        assert.equal(fileMatch(pattern, path), matchesSimply(pattern, path), `${pattern} ${path}`);
      }),
      { ...RUNS, numRuns: 2000 },
    );
  });

  it("ignores files as a simple model does", () => {
    const segment = fc.constantFrom("a", "b", "*", "**", "?", "a*");
    const pattern = fc.record({
      isException: fc.boolean(),
      segments: fc.array(segment, { minLength: 1, maxLength: 3 }),
    });
    const path = fc.array(fc.constantFrom("a", "b", "ab"), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), path, (patterns, parts) => {
        const text = patterns.map(
          ({ isException, segments }) => `${isException ? "!" : ""}${segments.join("/")}`,
        );
        const rules = ignoreRules(parseIgnoreFile(text.join("\n")));
        let expected = false;
        for (const { isException, segments } of patterns)
          if (parts.some((_, index) => coversSimply(segments, parts.slice(0, index + 1))))
            expected = !isException;
        assert.equal(rules.ignores(parts.join("/")), expected, `${text.join(" ")} ${parts.join("/")}`);
        if (expected && patterns.every(({ isException }) => !isException))
          assert.equal(rules.mayHoldExceptions(parts.join("/")), false);
      }),
      { ...RUNS, numRuns: 1000 },
    );
  });

  it("says what is wrong with anything else, and soon", () => {
    const hostile = fc.array(
      fc.constantFrom(
        ...[
          "FROM",
          "RUN",
          "COPY",
          "ENV",
          " ",
          "\n",
          "\\\n",
          "#",
          "$",
          "${",
          "}",
          ":-",
          "'",
          '"',
          "`",
          "<<E",
          "E\n",
        ],
        ...["--mount=", "[", "]", ",", "*", "**", "!", "a", "=", "\0", "\u{1F6F6}", "//", "%", "\t", "\r"],
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(hostile, (pieces) => {
        const text = pieces.join("");
        const start = performance.now();
        for (const read of [
          () => parseContainerfile(`FROM a\n${text}`),
          () => expandWord(text, () => text),
          () => ignoreRules(parseIgnoreFile(text)).ignores("a/a/a"),
          () => fileMatch(text, "aaaaaaaaaaaaaaaa"),
        ])
          try {
            read();
          } catch (error) {
            assert.ok(error instanceof SyntaxProblem || error instanceof ContainerfileError, String(error));
          }
        assert.ok(performance.now() - start < 2000, `it took too long for ${JSON.stringify(text)}`);
      }),
      RUNS,
    );
  });

  it("ends soon with patterns that could be tried in endless ways", () => {
    const start = performance.now();
    const name = "a".repeat(2000);
    assert.equal(fileMatch(`${"*a".repeat(200)}b`, name), false);
    assert.equal(ignoreRules([`${"**/a*".repeat(1)}${"*a".repeat(200)}b`]).ignores(name), false);
    const nested = `${"${x:-".repeat(200)}end${"}".repeat(200)}`;
    assert.equal(
      expandWord(nested, () => undefined),
      "end",
    );
    assert.equal(
      expandWord(`\${x%%${"*a".repeat(100)}b}`, () => name),
      name,
    );
    assert.ok(performance.now() - start < 3000);
  });
});

/** Go's filepath.Match without sets and escapes: a star stops at a slash. */
function matchesSimply(pattern: string, path: string): boolean {
  if (pattern === "") return path === "";
  const [first, rest] = [pattern.charAt(0), pattern.slice(1)];
  if (first === "*")
    return (
      matchesSimply(rest, path) || (path !== "" && path[0] !== "/" && matchesSimply(pattern, path.slice(1)))
    );
  if (path === "" || (first === "?" ? path[0] === "/" : path[0] !== first)) return false;
  return matchesSimply(rest, path.slice(1));
}

/** Whole names and `**` for any number of them, at the end for one at least. */
function coversSimply(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === "**" && rest.length === 0) return path.length > 0;
  if (first === "**") return path.some((_, index) => coversSimply(rest, path.slice(index)));
  const [name, ...below] = path;
  return name !== undefined && matchesSimply(first, name) && coversSimply(rest, below);
}
