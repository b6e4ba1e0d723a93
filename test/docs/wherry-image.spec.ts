import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commands } from "../../packages/image/src/commands.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe("docs/wherry-image.md", () => {
  const text = readFileSync(join(ROOT, "docs", "wherry-image.md"), "utf8");

  it("names specs that exist, one in each row", () => {
    const rows = text.split("\n").filter((line) => /^\| (?!ability|-)/.test(line));
    assert.ok(rows.length > 30);
    for (const row of rows) {
      const [spec = "none"] = /[\w/.-]+\.spec\.ts/.exec(row) ?? [];
      assert.ok(existsSync(join(ROOT, spec)), `${spec}: ${row.slice(0, 60)}`);
    }
  });

  it("tells of every command", () => {
    const missing = Object.keys(commands).filter((name) => name !== "version" && !text.includes(`\`${name}`));
    assert.deepEqual(missing, []);
  });
});
