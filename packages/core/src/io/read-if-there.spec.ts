import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIfThere } from "./read-if-there.ts";

describe("readIfThere", () => {
  it("gives the text, nothing where there is no file, and any other failure", () => {
    const folder = mkdtempSync(join(tmpdir(), "wherry-read-"));
    try {
      writeFileSync(join(folder, "file"), "é\n");
      assert.equal(readIfThere(join(folder, "file")), "é\n");
      assert.equal(readIfThere(join(folder, "none")), undefined);
      assert.throws(() => readIfThere(folder), { code: "EISDIR" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
