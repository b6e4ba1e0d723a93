import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeAsUser } from "../../../../test/support/as-user.ts";
import { asRoot, whyNotRoot } from "./testdata/as-root.ts";
import { LIMITS } from "./testdata/hostile-case.ts";
import { HOSTILE_LAYERS } from "./testdata/hostile-layers.ts";
import { TASKS } from "./testdata/tasks.ts";

describeAsUser("every hostile layer", import.meta.filename, function () {
  this.timeout(60_000);

  it("applied as root of a user namespace changes nothing outside", async function () {
    if ((await whyNotRoot()) !== undefined) this.skip();
    const directory = mkdtempSync(join(tmpdir(), "wherry-hostile-"));
    try {
      const outside = join(directory, "outside");
      mkdirSync(join(outside, "inner"), { recursive: true });
      writeFileSync(join(outside, "file"), "sentinel");
      symlinkSync("file", join(outside, "link"));
      const before = await TASKS.describe({ root: outside });
      const layers = HOSTILE_LAYERS.map(({ archive, compression = "none" }, at) => {
        const blob = join(directory, `blob-${at}`);
        writeFileSync(blob, archive({ absolute: outside }));
        mkdirSync(join(directory, `in-${at}`, "target"), { recursive: true });
        symlinkSync("../outside", join(directory, `in-${at}`, "outside")); // where `..` leads
        return { blob, compression, target: join(directory, `in-${at}`, "target"), limits: LIMITS };
      });
      const codes = await asRoot("applyEach", { layers });
      for (const [at, { what, expected }] of HOSTILE_LAYERS.entries())
        assert.equal(codes[at], expected === "harmless" ? null : expected, what);
      assert.deepEqual(await TASKS.describe({ root: outside }), before);
      for (const at of HOSTILE_LAYERS.keys())
        assert.deepEqual(readdirSync(join(directory, `in-${at}`)).sort(), ["outside", "target"]);
    } finally {
      await asRoot("remove", { path: directory });
    }
  });
});
