import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCgroups } from "./index.ts";

describe("readCgroups", () => {
  it("finds nothing where no cgroups are mounted", () => {
    const folder = mkdtempSync(join(tmpdir(), "wherry-cgroup-"));
    try {
      assert.deepEqual(readCgroups({ procRoot: "/proc", cgroupRoot: folder }), {});
      assert.deepEqual(readCgroups({ procRoot: "/proc", cgroupRoot: join(folder, "none") }), {});
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("names only a version 2 hierarchy beside the usual place as cover", () => {
    const { cover } = readCgroups({ procRoot: "/proc" });
    assert.ok(cover === undefined || cover === "/sys/fs/cgroup/unified");
  });
});
