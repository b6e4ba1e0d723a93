import assert from "node:assert/strict";
import { chainIdOf, Digester, digestOf, encodedOf, isDigest, parseDigest } from "./index.ts";

const HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("isDigest", () => {
  const cases = [
    { text: `sha256:${HEX}`, expected: true },
    { text: `sha512:${HEX}${HEX}`, expected: true },
    { text: `sha256:${HEX.toUpperCase()}`, expected: false },
    { text: `sha256:${HEX.slice(1)}`, expected: false },
    { text: `sha512:${HEX}`, expected: false },
    { text: `md5:${HEX}`, expected: false },
    { text: `sha256:../../../../etc/passwd`, expected: false },
    { text: `sha256:${HEX}\n`, expected: false },
    { text: HEX, expected: false },
    { text: undefined, expected: false },
  ];
  for (const { text, expected } of cases) {
    it(`${expected ? "accepts" : "refuses"} ${String(text).slice(0, 40)}`, () => {
      assert.equal(isDigest(text), expected);
    });
  }
});

describe("parseDigest", () => {
  it("names the text it refuses", () => {
    assert.throws(() => parseDigest("sha256:xyz"), {
      code: "ERR_WHERRY_INVALID_DIGEST",
      message: /"sha256:xyz"/,
    });
  });
});

describe("Digester", () => {
  it("gives the same digest piece by piece as at once", () => {
    const digester = new Digester();
    digester.update(Buffer.from("ab"));
    digester.update(Buffer.from("c"));
    assert.equal(digester.size, 3);
    assert.equal(digester.digest(), digestOf("abc"));
    assert.equal(encodedOf(digestOf("")), HEX);
  });
});

describe("chainIdOf", () => {
  const [a, b] = [digestOf("a"), digestOf("b")];
  it("is undefined for no layers, the diffID for one, and chained after that", () => {
    assert.equal(chainIdOf([]), undefined);
    assert.equal(chainIdOf([a]), a);
    assert.equal(chainIdOf([a, b]), digestOf(`${a} ${b}`));
  });
});
