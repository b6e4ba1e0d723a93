import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe("docs/wherry-build.md", () => {
  it("names specs that exist, one in each row", () => {
    const text = readFileSync(join(ROOT, "docs", "wherry-build.md"), "utf8");
    const rows = text.split("\n").filter((line) => /^\| (?!feature|-)/.test(line));
    assert.ok(rows.length > 15);
    for (const row of rows) {
      const [spec = "none"] = /[\w/.-]+\.spec\.ts/.exec(row) ?? [];
      assert.ok(existsSync(join(ROOT, spec)), `${spec}: ${row.slice(0, 60)}`);
    }
  });
});
