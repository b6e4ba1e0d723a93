import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe("docs/errors.md", () => {
  const listed = codesIn(readFileSync(join(ROOT, "docs", "errors.md"), "utf8"));
  const used = new Set(
    globSync("packages/*/src/**/*.ts", { cwd: ROOT })
      .filter((path) => !path.endsWith(".spec.ts"))
      .flatMap((path) => [...codesIn(readFileSync(join(ROOT, path), "utf8"))]),
  );

  it("lists every code of the sources", () => {
    assert.deepEqual([...used].filter((code) => !listed.has(code)).sort(), []);
  });

  it("lists no code that is gone", () => {
    assert.deepEqual([...listed].filter((code) => !used.has(code)).sort(), []);
  });
});

function codesIn(text: string): Set<string> {
  return new Set(text.match(/\bERR_WHERRY_[A-Z0-9_]+\b/g) ?? []);
}
