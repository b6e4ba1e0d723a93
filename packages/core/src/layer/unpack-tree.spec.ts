import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { packTree } from "./pack-tree.ts";
import { TarWriter } from "./tar-writer.ts";
import { unpackTree } from "./unpack-tree.ts";

describe("unpackTree", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-unpack-"));
    mkdirSync(join(folder, "from/sub"), { recursive: true });
    writeFileSync(join(folder, "from/file"), "new");
    writeFileSync(join(folder, "from/sub/file"), "new below");
    mkdirSync(join(folder, "to/from/sub"), { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function archive(): Promise<PassThrough> {
    const stream = new PassThrough({ highWaterMark: 1 << 20 });
    const writer = new TarWriter(stream);
    await packTree(join(folder, "from"), "from", writer);
    await writer.finish();
    return stream.end();
  }

  it("removes the parts that killed processes left where it writes, and nothing else", async () => {
    const gone = 2 ** 22 + 1; // more than Linux ever gives
    const left = `.wherry-${gone}-0123456789ab`;
    const kept = [
      `.wherry-${process.pid}-0123456789ab`,
      `.wherry-${gone}-notes`,
      ".wherry-",
      `x.wherry-${gone}-0123456789ab`,
    ];
    for (const place of ["to/from", "to/from/sub"])
      for (const name of [left, ...kept]) writeFileSync(join(folder, place, name), "part");
    writeFileSync(join(folder, "to", left), "nobody writes here");
    await unpackTree(await archive(), join(folder, "to"));
    assert.deepEqual(readdirSync(join(folder, "to/from")).sort(), [...kept, "file", "sub"].sort());
    assert.deepEqual(readdirSync(join(folder, "to/from/sub")).sort(), [...kept, "file"].sort());
  });

  it("replaces a file as a whole, and leaves the old one of an archive that ends early", async () => {
    writeFileSync(join(folder, "to/from/file"), "old");
    const bytes = (await archive()).read() as Buffer;
    const cut = bytes.indexOf("new") + 1;
    const half = new PassThrough();
    half.end(bytes.subarray(0, cut));
    await assert.rejects(unpackTree(half, join(folder, "to")));
    assert.equal(readFileSync(join(folder, "to/from/file"), "utf8"), "old");
    assert.deepEqual(readdirSync(join(folder, "to/from")).sort(), ["file", "sub"]);
    await unpackTree(await archive(), join(folder, "to"));
    assert.equal(readFileSync(join(folder, "to/from/file"), "utf8"), "new");
  });
});
