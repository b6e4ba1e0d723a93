import assert from "node:assert/strict";
import {
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArchiveWriter } from "./archive-writer.ts";

describe("ArchiveWriter", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "wherry-archive-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = async (path: string): Promise<void> => {
    using archive = new ArchiveWriter(path);
    await archive.add("member", 3, Buffer.from("yes"));
    await archive.finish();
  };

  it("writes into the open file that a descriptor's path stands for, and behind a link", async () => {
    const path = join(folder, "a.tar");
    const fd = openSync(path, "w");
    try {
      await write(`/proc/self/fd/${fd}`);
    } finally {
      closeSync(fd);
    }
    const bytes = readFileSync(path);
    assert.equal(bytes.subarray(0, 6).toString(), "member");
    writeFileSync(path, "old");
    symlinkSync("a.tar", join(folder, "link"));
    await write(join(folder, "link"));
    assert.deepEqual(readFileSync(path), bytes);
    assert.deepEqual(readdirSync(folder), ["a.tar", "link"]);
  });
});
