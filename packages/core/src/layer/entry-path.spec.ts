import assert from "node:assert/strict";
import fc from "fast-check";
import { decodePath, encodePath, parseWhiteout } from "./index.ts";
import { parseEntryPath } from "./entry-path.ts";

describe("parseEntryPath", () => {
  const cases = [
    { name: "a/b", expected: "a/b" },
    { name: "./a//b/./", expected: "a/b" },
    { name: "/etc/passwd", expected: "etc/passwd" },
    { name: "..a/b..", expected: "..a/b.." },
    { name: "./", expected: "" },
    { name: "/", expected: "" },
    { name: "..", expected: undefined },
    { name: "a/../b", expected: undefined },
    { name: "a/..", expected: undefined },
    { name: "/../a", expected: undefined },
    { name: "a/".repeat(3000), expected: undefined },
    { name: "n".repeat(256), expected: undefined },
    { name: "é".repeat(128), expected: undefined },
    { name: `${"é".repeat(100)}/`.repeat(21), expected: undefined },
  ];
  for (const { name, expected } of cases) {
    it(`${expected === undefined ? "refuses" : "reads"} ${JSON.stringify(name.slice(0, 20))}`, () => {
      if (expected !== undefined) assert.equal(parseEntryPath(name), expected);
      else assert.throws(() => parseEntryPath(name), { code: "ERR_WHERRY_HOSTILE_ENTRY" });
    });
  }
});

describe("parseWhiteout", () => {
  const cases = [
    { entry: "etc/.wh.motd", expected: { kind: "remove", path: "etc/motd" } },
    { entry: ".wh.motd", expected: { kind: "remove", path: "motd" } },
    { entry: "var/.wh..wh..opq", expected: { kind: "opaque", directory: "var" } },
    { entry: ".wh..wh..opq", expected: { kind: "opaque", directory: "" } },
    { entry: "etc/wh.motd", expected: undefined },
    { entry: "etc/motd.wh.", expected: undefined },
    { entry: "etc/.wh..hidden", expected: { kind: "remove", path: "etc/.hidden" } },
    { entry: "var/.wh..wh.opq", expected: { kind: "ignored" } },
    { entry: ".wh..wh.plnk/12.34", expected: { kind: "ignored" } },
    { entry: ".wh..wh.aufs", expected: { kind: "ignored" } },
    { entry: "var/.wh.", expected: "refused" },
    { entry: "var/.wh..", expected: "refused" },
    { entry: "var/.wh...", expected: "refused" },
    { entry: "var/.wh.dir/file", expected: "refused" },
    { entry: "var/.wh.dir/.wh.file", expected: "refused" },
  ] as const;
  for (const { entry, expected } of cases) {
    const what = typeof expected === "object" ? expected.kind : (expected ?? "an ordinary entry");
    it(`reads ${entry} as ${what}`, () => {
      if (expected !== "refused") assert.deepEqual(parseWhiteout(entry), expected);
      else assert.throws(() => parseWhiteout(entry), { code: "ERR_WHERRY_HOSTILE_ENTRY" });
    });
  }
});

describe("decodePath and encodePath", () => {
  const cases = [
    { hex: "61", text: "a" },
    { hex: "c3a9", text: "é" },
    { hex: "f09f9880", text: "😀" },
    { hex: "efbfbd", text: "\ufffd" },
    { hex: "61ff62", text: "a\udcffb" },
    { hex: "c3", text: "\udcc3" },
    { hex: "eda080", text: "\udced\udca0\udc80" },
    { hex: "c080", text: "\udcc0\udc80" },
    { hex: "efbfbdff", text: "\ufffd\udcff" },
    { hex: "f8", text: "\udcf8" },
  ];
  for (const { hex, text } of cases) {
    it(`read ${hex} as ${JSON.stringify(text)} and write it back`, () => {
      assert.equal(decodePath(Buffer.from(hex, "hex")), text);
      assert.equal(encodePath(text).toString("hex"), hex);
    });
  }

  it("keep any bytes", () => {
    const anyByte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0xc3, 0xa9, 0xef, 0xbf, 0xbd, 0xed, 0xf0),
    );
    fc.assert(
      fc.property(fc.array(anyByte), (list) => {
        const bytes = Buffer.from(list);
        assert.deepEqual(encodePath(decodePath(bytes)), bytes);
      }),
      { numRuns: 2000 },
    );
  });
});
