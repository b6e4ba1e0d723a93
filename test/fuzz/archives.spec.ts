import assert from "node:assert/strict";
import { WherryError } from "@wherry/core/error";
import { readTar } from "@wherry/core/layer";
import fc from "fast-check";
import { END, rawEntry, rawPax } from "../../packages/core/src/layer/testdata/raw-tar.ts";
import { mutatedBytes, RUNS, SEED, TIMEOUT } from "./mutations.ts";

const SAMPLES: readonly Buffer[] = [
  Buffer.concat([
    rawEntry({ name: "d/", flag: "5" }),
    rawEntry({ name: "d/file" }, "content"),
    rawEntry({ name: "d/link", flag: "2", linkName: "file" }),
    rawEntry({ name: "d/hard", flag: "1", linkName: "d/file" }),
    END,
  ]),
  Buffer.concat([
    rawPax({ path: "ü".repeat(80), mtime: "1.5", size: "3", "SCHILY.xattr.user.a": "b" }),
    rawEntry({ name: "short" }, "abc"),
    rawPax({ uid: "4294967294" }, "g"),
    rawEntry({ flag: "L" }, `${"n".repeat(200)}\0`),
    rawEntry({ name: "x", flag: "3", device: [1, 3] }),
    END,
  ]),
  Buffer.concat([
    rawPax({ "GNU.sparse.size": "100", "GNU.sparse.map": "0,1,50,2", "GNU.sparse.name": "holes" }),
    rawEntry({ name: "GNUSparseFile.0/holes" }, "abc"),
    rawPax({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9" }),
    rawEntry({ name: "x" }, Buffer.concat([Buffer.from("1\n8\n1\n".padEnd(512, "\0")), Buffer.from("z")])),
    END,
  ]),
];

/** Changed archives, most of them with the sums of their headers made right again, so that they are read further. */
const archives = fc
  .tuple(mutatedBytes(SAMPLES), fc.integer({ min: 0, max: 3 }))
  .map(([bytes, luck]) => (luck === 0 ? bytes : withRightSums(bytes)));

function withRightSums(bytes: Buffer): Buffer {
  const result = Buffer.from(bytes);
  for (let at = 0; at + 512 <= result.length; at += 512) {
    const block = result.subarray(at, at + 512);
    if (block.toString("latin1", 257, 262) !== "ustar") continue;
    block.write("        ", 148);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  }
  return result;
}

/** What a reader may take from an archive of some kilobytes before it is a bomb. */
const CONTENT_LIMIT = 1024 * 1024;

describe("whatever an archive holds", function () {
  this.timeout(TIMEOUT);

  it("is read, or refused with an error of ours", async () => {
    for (const sample of SAMPLES) await readThrough([sample]);
    await fc.assert(
      fc.asyncProperty(archives, fc.integer({ min: 1, max: 4096 }), async (bytes, piece) => {
        try {
          await readThrough(pieces(bytes, piece));
        } catch (error) {
          if (!(error instanceof WherryError)) throw error;
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });

  it("is the same in one piece and in many", async () => {
    await fc.assert(
      fc.asyncProperty(archives, fc.integer({ min: 1, max: 700 }), async (bytes, piece) => {
        assert.deepEqual(await outcome(pieces(bytes, piece)), await outcome([bytes]));
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});

function pieces(bytes: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < bytes.length; start += size) parts.push(bytes.subarray(start, start + size));
  return parts;
}

async function outcome(parts: readonly Buffer[]): Promise<unknown> {
  try {
    return await readThrough(parts);
  } catch (error) {
    return error instanceof WherryError ? error.message : assert.fail(String(error));
  }
}

/** Names and the first bytes of all members. */
async function readThrough(parts: readonly Buffer[]): Promise<unknown[]> {
  const members: unknown[] = [];
  for await (const { entry, content } of readTar(stream(parts))) {
    const first: Buffer[] = [];
    let size = 0;
    for await (const bytes of content) {
      size += bytes.length;
      if (size > CONTENT_LIMIT) break;
      first.push(Buffer.from(bytes));
    }
    members.push([entry.path, entry.type, Buffer.concat(first).toString("latin1")]);
    if (size > CONTENT_LIMIT) break; // a sparse file may be large: whoever unpacks it writes holes
  }
  return members;
}

async function* stream(parts: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield await Promise.resolve(part);
}
