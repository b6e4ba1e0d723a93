import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSmallFile } from "./small-file.ts";

describe("readSmallFile", () => {
  it("reads files up to the limit, and neither devices nor folders", () => {
    const folder = mkdtempSync(join(tmpdir(), "wherry-small-"));
    try {
      writeFileSync(join(folder, "file"), "abc");
      symlinkSync("/dev/zero", join(folder, "device"));
      assert.equal(readSmallFile(join(folder, "file"), 3)?.toString(), "abc");
      assert.equal(readSmallFile(join(folder, "missing"), 3), undefined);
      assert.throws(() => readSmallFile(join(folder, "file"), 2), { code: "ERR_WHERRY_TOO_LARGE" });
      assert.throws(() => readSmallFile(join(folder, "device"), 3), { message: /device is no file$/ });
      assert.throws(() => readSmallFile(folder, 1e6), { message: /is a directory$/ });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
