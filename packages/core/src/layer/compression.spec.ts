import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { createGzip, gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { readAll } from "../io/index.ts";
import { findProgram, run } from "../process/index.ts";
import { decompress, detectCompression, gzipParallel } from "./index.ts";

const LIMIT = 2 ** 26;
const hello = Buffer.from("hello ");
const world = Buffer.from("world");
const skippable = Buffer.concat([Buffer.from("502a4d1804000000", "hex"), Buffer.from("toc!")]);

/** A stream of pieces of that many bytes. */
function streamOf(bytes: Buffer, pieceSize = bytes.length): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceSize) pieces.push(bytes.subarray(at, at + pieceSize));
  return Readable.from(pieces);
}

describe("detectCompression", () => {
  const cases = [
    { what: "gzip", head: gzipSync("") },
    { what: "zstd", head: zstdCompressSync("") },
    { what: "zstd", head: skippable },
    { what: "bzip2", head: Buffer.from("BZh91AY") },
    { what: "xz", head: Buffer.from("fd377a585a0000", "hex") },
    { what: "none", head: Buffer.from("etc/passwd") },
    { what: "none", head: Buffer.alloc(0) },
    { what: "none", head: Buffer.from("fd37", "hex") },
  ];
  for (const { what, head } of cases) {
    it(`finds ${what} in ${head.toString("hex", 0, 6)}`, () => assert.equal(detectCompression(head), what));
  }
});

describe("decompress", () => {
  const gzip = [gzipSync(hello), gzipSync(world)] as const;
  const zstd = [zstdCompressSync(hello), zstdCompressSync(world)] as const;
  const whole = [
    { what: "none", compression: "none", content: Buffer.from("hello world") },
    { what: "one gzip member", compression: "gzip", content: gzipSync("hello world") },
    { what: "several gzip members", compression: "gzip", content: Buffer.concat(gzip) },
    { what: "one zstd frame", compression: "zstd", content: zstdCompressSync("hello world") },
    { what: "several zstd frames", compression: "zstd", content: Buffer.concat(zstd) },
    {
      what: "skippable zstd frames",
      compression: "zstd",
      content: Buffer.concat([skippable, zstd[0], skippable, skippable, zstd[1], skippable]),
    },
  ] as const;
  for (const { what, compression, content } of whole) {
    it(`reads ${what}, in pieces of any size`, async () => {
      for (let size = 1; size <= content.length; size++) {
        const read = await readAll(decompress(streamOf(content, size), compression), LIMIT);
        assert.equal(read.toString(), "hello world", `pieces of ${size}`);
      }
    });
  }

  const damaged = [
    { what: "gzip cut in its content", compression: "gzip", content: gzip[0].subarray(0, -9) },
    { what: "gzip cut in its checksum", compression: "gzip", content: gzip[0].subarray(0, -1) },
    {
      what: "gzip cut in its second member",
      compression: "gzip",
      content: Buffer.concat(gzip).subarray(0, -9),
    },
    { what: "gzip with a wrong checksum", compression: "gzip", content: flip(gzip[0], -8) },
    { what: "no gzip at all", compression: "gzip", content: Buffer.from("plain text, no gzip") },
    { what: "nothing as gzip", compression: "gzip", content: Buffer.alloc(0) },
    { what: "zstd cut in a frame", compression: "zstd", content: zstd[0].subarray(0, -3) },
    {
      what: "zstd cut in its second frame",
      compression: "zstd",
      content: Buffer.concat(zstd).subarray(0, -3),
    },
    {
      what: "zstd cut in a magic number",
      compression: "zstd",
      content: Buffer.concat([zstd[0], zstd[1].subarray(0, 2)]),
    },
    {
      what: "text after zstd",
      compression: "zstd",
      content: Buffer.concat([zstd[0], Buffer.from("garbage")]),
    },
    {
      what: "zstd with an unknown block type",
      compression: "zstd",
      content: Buffer.from("28b52ffd2005ffffff", "hex"),
    },
    { what: "no zstd at all", compression: "zstd", content: Buffer.from("plain text, no zstd") },
  ] as const;
  for (const { what, compression, content } of damaged) {
    it(`refuses ${what}`, async () => {
      for (const size of [content.length + 1, 3]) {
        await assert.rejects(readAll(decompress(streamOf(content, size), compression), LIMIT), {
          code: "ERR_WHERRY_DAMAGED_COMPRESSION",
        });
      }
    });
  }

  for (const compression of ["bzip2", "xz"] as const) {
    it(`reads ${compression} through its program, and says when it is damaged (skipped where there is none)`, async function () {
      if (findProgram(compression) === undefined) this.skip();
      const { stdout } = await run(compression, ["-c"], { input: "hello world" });
      assert.equal(
        (await readAll(decompress(streamOf(stdout, 10), compression), LIMIT)).toString(),
        "hello world",
      );
      await assert.rejects(readAll(decompress(streamOf(stdout.subarray(0, -8), 10), compression), LIMIT), {
        code: "ERR_WHERRY_DAMAGED_COMPRESSION",
      });
    });
  }

  for (const compression of ["gzip", "zstd", "xz"] as const) {
    it(`passes on the error of what feeds ${compression}`, async () => {
      const late = new Readable({ read: () => undefined });
      const reading = readAll(decompress(late, compression), LIMIT);
      setImmediate(() => late.destroy(new Error("connection cut")));
      await assert.rejects(reading, /connection cut/);

      const early = new Readable({ read: () => undefined });
      const output = decompress(early, compression);
      early.destroy(new Error("connection refused"));
      await new Promise((resolve) => setImmediate(resolve));
      await assert.rejects(readAll(output, LIMIT), /connection refused/);
    });
  }

  it("holds back a gzip bomb until it is asked for more", async () => {
    const zeros = createGzip({ level: 9 });
    for (let count = 0; count < 64; count++) zeros.write(Buffer.alloc(1024 * 1024));
    zeros.end();
    const bomb = Buffer.concat((await zeros.toArray()) as Buffer[]);
    const output = decompress(streamOf(bomb, 4096), "gzip");
    let seen = 0;
    for await (const piece of output as AsyncIterable<Buffer>) {
      seen += piece.length;
      assert.ok(output.readableLength < 2 ** 20);
      if (seen > 2 ** 20) break;
    }
    assert.ok(seen < 2 ** 21);
  });
});

describe("gzipParallel", () => {
  it("gives one member that gunzip reads, the same for the same content however it comes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(900_000), fc.integer({ min: 1000, max: 400_000 }), async (size, pieceSize) => {
        const half = randomBytes(Math.ceil(size / 2));
        const content = Buffer.concat([half, half]).subarray(0, size);
        const packed = await readAll(gzipParallel(streamOf(content, pieceSize)), LIMIT);
        assert.ok(gunzipSync(packed).equals(content));
        assert.ok(packed.equals(await readAll(gzipParallel(streamOf(content)), LIMIT)));
      }),
      { numRuns: 15 },
    );
  });

  it("is as small as gzip -6 is, within two percent", async () => {
    const content = Buffer.from(Array.from({ length: 200_000 }, (_, at) => `line ${at * 7919}\n`).join(""));
    const packed = await readAll(gzipParallel(streamOf(content, 65536)), LIMIT);
    assert.ok(packed.length < gzipSync(content).length * 1.02);
  });

  it("gives these bytes for this content, on every machine", async () => {
    const packed = await readAll(gzipParallel(streamOf(Buffer.from("hello world"))), LIMIT);
    assert.equal(packed.toString("hex"), "1f8b08000000000000ffcb48cdc9c95728cf2fca49010085114a0d0b000000");
  });

  it("fails with its source", async () => {
    const source = new Readable({ read: () => undefined });
    const reading = readAll(gzipParallel(source), LIMIT);
    setImmediate(() => source.destroy(new Error("disk gone")));
    await assert.rejects(reading, /disk gone/);
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = copy.length + at;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}
