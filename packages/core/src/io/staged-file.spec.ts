import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { StagedFile } from "./index.ts";

describe("StagedFile", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "wherry-staged-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("appears when it is whole, in the place of an old one", async () => {
    const path = join(folder, "out.tar");
    writeFileSync(path, "old");
    using file = StagedFile.open(path);
    await pipeline(Readable.from(["new", " content"]), file.stream());
    assert.equal(readFileSync(path, "utf8"), "old");
    file.publish();
    assert.equal(readFileSync(path, "utf8"), "new content");
    assert.deepEqual(readdirSync(folder), ["out.tar"]);
  });

  it("leaves nothing when it is not published, and removes what dead processes left", () => {
    const path = join(folder, "out.tar");
    writeFileSync(join(folder, ".out.tar.part.4194305.00000000"), "of nobody");
    writeFileSync(join(folder, `.out.tar.part.${process.ppid}.00000000`), "of somebody");
    StagedFile.open(path)[Symbol.dispose]();
    assert.deepEqual(readdirSync(folder), [`.out.tar.part.${process.ppid}.00000000`]);
    assert.ok(!existsSync(path));
  });

  it("leaves nothing of a source that fails, whose error is the one that is seen", async () => {
    const failing = async () => {
      using file = StagedFile.open(join(folder, "out.tar"));
      await pipeline(async function* () {
        yield await Promise.resolve("a part");
        throw new Error("the source failed");
      }, file.stream());
      file.publish();
    };
    await assert.rejects(failing(), /^Error: the source failed$/);
    assert.deepEqual(readdirSync(folder), []);
  });

  it("writes to a device as it is, and says what cannot be written", () => {
    StagedFile.open("/dev/null").publish();
    assert.throws(() => StagedFile.open(join(folder, "no/such/place")), { code: "ERR_WHERRY_FILE_SYSTEM" });
  });
});
