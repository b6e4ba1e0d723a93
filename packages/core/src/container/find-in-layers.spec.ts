import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findInLayers, readInLayers, resolveInLayers } from "./find-in-layers.ts";

describe("findInLayers", () => {
  let folder: string;
  let layers: string[];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-find-"));
    layers = ["low", "high"].map((name) => join(folder, name));
    const files = {
      "low/etc/passwd": "low",
      "low/etc/only-low": "x",
      "low/data/file": "x",
      "high/etc/passwd": "high",
      "high/data": "now a file",
      outside: "secret",
    };
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
    const links = {
      "low/absolute": "/etc/passwd",
      "low/climbing": "../../../../outside",
      "low/loop": "loop",
      "low/dangling": "/run/made/later",
      "low/folder": "etc",
    };
    for (const [path, target] of Object.entries(links)) symlinkSync(target, join(folder, path));
  });
  after(() => rmSync(folder, { recursive: true }));

  const cases = [
    { path: "/etc/passwd", expected: "/etc/passwd" },
    { path: "etc/../etc/./passwd", expected: "/etc/passwd" },
    { path: "/etc/only-low", expected: "/etc/only-low" },
    { path: "/absolute", expected: "/etc/passwd" },
    { path: "/folder/passwd", expected: "/etc/passwd" },
    { path: "/", expected: "/" },
    { path: "/../..", expected: "/" },
    { path: "/data/file", expected: undefined },
    { path: "/climbing", expected: undefined },
    { path: "/loop", expected: undefined },
    { path: "/dangling", expected: undefined },
    { path: "/etc/passwd/x", expected: undefined },
  ];
  for (const { path, expected } of cases) {
    it(`finds ${path} at ${expected ?? "no place"}`, () => {
      assert.equal(findInLayers(layers, path)?.path, expected);
    });
  }

  it("reads from the highest layer that has the file", () => {
    assert.equal(readInLayers(layers, "/absolute"), "high");
    assert.equal(readInLayers([...layers].reverse(), "/absolute"), "low");
    assert.equal(readInLayers(layers, "/etc"), undefined);
  });

  it("says where a link that leads nowhere would make a file", () => {
    assert.deepEqual(resolveInLayers(layers, "/dangling"), { path: "/run/made/later", isThere: false });
    assert.deepEqual(resolveInLayers(layers, "/climbing"), { path: "/outside", isThere: false });
  });
});
