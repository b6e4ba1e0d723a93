import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { writeContent } from "./write-content.ts";

describe("writeContent", () => {
  let folder = "";
  before(() => void (folder = mkdtempSync(join(tmpdir(), "wherry-write-"))));
  after(() => rmSync(folder, { recursive: true }));

  async function written(content: Readable): Promise<Buffer> {
    const path = join(folder, "file");
    const fd = openSync(path, "w");
    try {
      await writeContent(fd, content, path);
    } finally {
      closeSync(fd);
    }
    return readFileSync(path);
  }

  it("writes the pieces in their order, however they come", () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 50 })), async (pieces) => {
        const content = Readable.from(pieces.map((piece) => Buffer.from(piece)));
        assert.deepEqual(await written(content), Buffer.concat(pieces));
      }),
      { numRuns: 30 },
    ));

  it("holds a stream back that is faster than the disk, and writes all of it", async () => {
    const [piece, count] = [Buffer.alloc(300_000, "wherry"), 40];
    let given = 0;
    let mostAhead = 0;
    const content = new Readable({
      highWaterMark: 1,
      read() {
        mostAhead = Math.max(mostAhead, this.readableLength);
        this.push(given++ < count ? piece : null);
      },
    });
    assert.equal((await written(content)).length, piece.length * count);
    assert.ok(mostAhead <= piece.length, String(mostAhead));
  });

  const failures = [
    { what: "fails", end: (content: Readable) => content.destroy(new Error("cut off")), message: /cut off/ },
    { what: "is given up", end: (content: Readable) => content.destroy(), message: /ended early/ },
  ];
  for (const { what, end, message } of failures)
    it(`fails when the stream ${what} in the middle`, async () => {
      const content = new Readable({ read: () => undefined });
      content.push("some");
      setImmediate(() => end(content));
      await assert.rejects(written(content), message);
    });

  it("fails for a stream that had failed before", async () => {
    const content = new Readable({ read: () => undefined });
    content.on("error", () => undefined).destroy(new Error("cut off"));
    await new Promise((resolve) => content.once("close", resolve));
    await assert.rejects(written(content), /cut off/);
  });

  it("fails when the file cannot be written", async () => {
    const fd = openSync(join(folder, "file"), "r");
    await assert.rejects(writeContent(fd, Readable.from([Buffer.from("x")]), "/the/file"), {
      code: "ERR_WHERRY_FILE_SYSTEM",
      message: /\/the\/file/,
    });
    closeSync(fd);
  });
});
