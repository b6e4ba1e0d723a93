import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shortKeyQuota } from "./key-quota.ts";

describe("shortKeyQuota", () => {
  const cases = [
    { line: " 1000:   200 200/200 200/200 12898/20000", expected: { used: 200, limit: 200 } },
    { line: " 1000:   185 185/185 185/200 11000/20000", expected: { used: 185, limit: 200 } },
    { line: " 1000:    10 10/10 10/200 700/20000", expected: undefined },
    { line: "11000:   200 200/200 200/200 12898/20000", expected: undefined },
    { line: "", expected: undefined },
  ];
  for (const { line, expected } of cases)
    it(`reads ${JSON.stringify(line)}`, () => {
      const folder = mkdtempSync(join(tmpdir(), "wherry-keys-"));
      try {
        writeFileSync(join(folder, "key-users"), `    0:     9 8/8 3/1000000 48/25000000\n${line}\n`);
        assert.deepEqual(shortKeyQuota(folder, 1000), expected);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

  it("is silent on a kernel without keys", () => {
    assert.equal(shortKeyQuota("/nonexistent", 1000), undefined);
  });
});
