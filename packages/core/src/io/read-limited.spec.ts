import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readLimited } from "./read-limited.ts";

describe("readLimited", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), "wherry-limited-"))));
  after(() => rmSync(folder, { recursive: true }));

  for (const size of [0, 1, 65_536, 100_000])
    it(`reads ${size} bytes where so many are allowed, and refuses one more`, () => {
      const path = join(folder, String(size));
      const content = Buffer.alloc(size, "x");
      writeFileSync(path, content);
      assert.ok(readLimited(path, size).equals(content));
      writeFileSync(path, Buffer.alloc(size + 1));
      assert.throws(() => readLimited(path, size), { code: "ERR_WHERRY_TOO_LARGE" });
    });

  it("gives up what never ends", () => {
    assert.throws(() => readLimited("/dev/zero", 1_000_000), { code: "ERR_WHERRY_TOO_LARGE" });
  });

  it("says what the system says of what is not there, or is a folder", () => {
    assert.throws(() => readLimited(join(folder, "none"), 1), { code: "ENOENT" });
    assert.throws(() => readLimited(folder, 1), { code: "EISDIR" });
  });
});
