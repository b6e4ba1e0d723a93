import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyLayer, FileTree, indexLayer } from "./index.ts";
import { INVALID, LIMITS, REFUSED } from "./testdata/hostile-case.ts";
import { HOSTILE_LAYERS } from "./testdata/hostile-layers.ts";
import { TASKS, type Described } from "./testdata/tasks.ts";

describe("a hostile layer", () => {
  let directory: string;
  let target: string;
  let outside: string;
  let before: Record<string, Described>;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "wherry-hostile-"));
    target = join(directory, "target");
    outside = join(directory, "outside");
    mkdirSync(target);
    mkdirSync(join(outside, "inner"), { recursive: true });
    writeFileSync(join(outside, "file"), "sentinel");
    symlinkSync("file", join(outside, "link"));
    before = await sentinels();
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Everything outside of the target, with its attributes. */
  async function sentinels(): Promise<Record<string, Described>> {
    const all = await TASKS.describe({ root: directory });
    return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith("outside")));
  }

  for (const { what, archive, compression = "none", expected, names } of HOSTILE_LAYERS) {
    it(`${expected === "harmless" ? "does no harm" : "is refused"} with ${what}`, async () => {
      const blob = join(directory, "blob");
      writeFileSync(blob, archive({ absolute: outside }));
      const applying = applyLayer({
        blob,
        compression,
        target,
        limits: LIMITS,
      });
      if (expected === "harmless") {
        await applying;
        if (names !== undefined) assert.deepEqual(Object.keys(await TASKS.describe({ root: target })), names);
      } else await assert.rejects(applying, { code: expected });
      assert.deepEqual(await sentinels(), before);
      assert.deepEqual(readdirSync(directory).sort(), ["blob", "outside", "target"]);
    });
  }

  const listed = HOSTILE_LAYERS.filter(
    ({ expected, fineWhenListed = false }) =>
      !fineWhenListed && (expected === REFUSED || expected === INVALID),
  );
  for (const { what, archive, compression = "none", expected } of listed) {
    it(`is no less refused with ${what} when it is only listed and merged`, async () => {
      const blob = join(directory, "blob");
      writeFileSync(blob, archive({ absolute: outside }));
      await assert.rejects(async () => FileTree.merge([await indexLayer(blob, compression)]), {
        code: expected,
      });
    });
  }
});
