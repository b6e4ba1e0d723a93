import assert from "node:assert/strict";
import fc from "fast-check";
import { expandWord, expandWords } from "./expand.ts";

const values: Readonly<Record<string, string>> = {
  a: "1",
  empty: "",
  two: "x y",
  path: "/usr/local/lib/x.tar.gz",
  star: "a*b",
};
const lookup = (name: string) => (Object.hasOwn(values, name) ? values[name] : undefined);

describe("expandWord", () => {
  const cases: [text: string, expected: string][] = [
    ["plain", "plain"],
    ["$a", "1"],
    ["${a}", "1"],
    ["x${a}y", "x1y"],
    ["$a$a", "11"],
    ["$nosuch", ""],
    ["$", "$"],
    ["a$", "a$"],
    ["$.", "$."],
    ["$1x", "x"],
    ["$12x", "x"],
    ["$@y", "y"],
    ["\\$a", "$a"],
    ["\\\\$a", "\\1"],
    ["'$a'", "$a"],
    ["'a\\b'", "a\\b"],
    ['"$a"', "1"],
    ['"\\$a"', "$a"],
    ['"a\\b"', "a\\b"],
    ['"a\\"b"', 'a"b'],
    [`"it's"`, "it's"],
    [`x"y"'z'`, "xyz"],
    ["${empty:-w}", "w"],
    ["${empty-w}", ""],
    ["${nosuch:-w}", "w"],
    ["${nosuch-w}", "w"],
    ["${a:-w}", "1"],
    ["${a:+w}", "w"],
    ["${a+w}", "w"],
    ["${empty:+w}", ""],
    ["${empty+w}", "w"],
    ["${nosuch+w}", ""],
    ["${a:?no}", "1"],
    ["${empty?no}", ""],
    ["${nosuch:-$a}", "1"],
    ["${nosuch:-${empty:-${a}}}", "1"],
    ["${nosuch:-'} '}", "} "],
    ["${nosuch:-a\\}b}", "a}b"],
    ["${path#*/}", "usr/local/lib/x.tar.gz"],
    ["${path##*/}", "x.tar.gz"],
    ["${path%.*}", "/usr/local/lib/x.tar"],
    ["${path%%.*}", "/usr/local/lib/x"],
    ["${path#nosuch}", "/usr/local/lib/x.tar.gz"],
    ["${path%%*}", ""],
    ["${path##/usr/?????/}", "lib/x.tar.gz"],
    ["${path/l/L}", "/usr/Local/lib/x.tar.gz"],
    ["${path//l/L}", "/usr/LocaL/Lib/x.tar.gz"],
    ["${path//\\//:}", ":usr:local:lib:x.tar.gz"],
    ["${path/x.*/}", "/usr/local/lib/"],
    ["${star#a\\*}", "b"],
    ["${star/\\*/$a}", "a1b"],
    ["${a/1/$$}", ""],
    ["tr\\", "tr"],
    ["ünïcode$a", "ünïcode1"],
  ];
  for (const [text, expected] of cases)
    it(`turns ${text} into ${JSON.stringify(expected)}`, () => {
      assert.equal(expandWord(text, lookup), expected);
    });

  const failures: [text: string, message: RegExp][] = [
    ["'a", /single-quote/],
    ["'a\\'b'", /single-quote/],
    ['"a', /double-quote/],
    ["${", /missing '}'/],
    ["${a", /missing '}'/],
    ["${a:-x", /missing '}'/],
    ["${}", /bad substitution/],
    ["${:x}", /bad substitution/],
    ["${{a}", /bad substitution/],
    ["${a!b}", /unsupported modifier \(!\)/],
    ["${a:x}", /unsupported modifier \(:x\)/],
    ["${a::-x}", /unsupported modifier/],
    ["${nosuch:?give one}", /^SyntaxProblem: nosuch: give one$|^Error: nosuch: give one$/],
    ["${nosuch?}", /nosuch: is not allowed to be unset/],
    ["${empty:?}", /empty: is not allowed to be empty/],
    ["${a/b}", /missing '\/'/],
  ];
  for (const [text, message] of failures)
    it(`refuses ${text}`, () => {
      assert.throws(() => expandWord(text, lookup), message);
    });

  it("uses the backtick where the directive says so", () => {
    assert.equal(expandWord("`$a\\b", lookup, { escape: "`" }), "$a\\b");
  });

  it("takes quotes as they are in the body of a heredoc", () => {
    assert.equal(expandWord(`"$a" isn't \\$a`, lookup, { ignoreQuotes: true }), `"1" isn't $a`);
  });

  it("gives back any text whose special characters are escaped", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.equal(expandWord(text.replace(/[\\$'"]/g, "\\$&"), lookup), text);
      }),
    );
  });

  it("gives back any text without a single quote between single quotes", () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !text.includes("'")),
        (text) => {
          assert.equal(expandWord(`'${text}'`, lookup), text);
        },
      ),
    );
  });

  it("ends with a result or with a syntax problem, whatever it is given", () => {
    const pieces = fc.constantFrom(
      "$",
      "{",
      "}",
      "a",
      ":",
      "-",
      "+",
      "?",
      "#",
      "%",
      "/",
      "*",
      "'",
      '"',
      "\\",
      " ",
    );
    fc.assert(
      fc.property(fc.array(pieces), (text) => {
        try {
          assert.equal(typeof expandWord(text.join(""), lookup), "string");
        } catch (error) {
          assert.equal((error as Error).constructor.name, "SyntaxProblem");
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("expandWords", () => {
  const cases: [text: string, expected: string[]][] = [
    ["a b", ["a", "b"]],
    ["  a   b ", ["a", "b"]],
    ["$two", ["x", "y"]],
    ['"$two"', ["x y"]],
    ["a$two", ["ax", "y"]],
    ["a\\ b", ["a b"]],
    ["'' b", ["", "b"]],
    ["$nosuch b", ["b"]],
  ];
  for (const [text, expected] of cases)
    it(`turns ${text} into ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(expandWords(text, lookup), expected);
    });
});
