import assert from "node:assert/strict";
import fc from "fast-check";
import { BodyDecoder } from "./body-decoder.ts";
import type { Framing } from "./head.ts";
import { WireError } from "./wire-error.ts";

/** What a body decodes to when it comes in pieces of that size. */
function decode(framing: Framing, wire: Buffer, pieceSize: number) {
  const decoder = new BodyDecoder(framing);
  const parts: Buffer[] = [];
  const behind: Buffer[] = [];
  for (let offset = 0; offset < wire.length; offset += pieceSize) {
    behind.push(decoder.take(wire.subarray(offset, offset + pieceSize), (part) => void parts.push(part)));
  }
  return {
    content: Buffer.concat(parts).toString("latin1"),
    behind: Buffer.concat(behind).toString("latin1"),
    isDone: decoder.isDone,
    mayEnd: decoder.mayEnd,
  };
}

const CHUNKED: Framing = { kind: "chunked" };

describe("BodyDecoder", () => {
  const rows: readonly (readonly [string, Framing, string, ReturnType<typeof decode>])[] = [
    [
      "a length",
      { kind: "length", length: 3 },
      "abcd",
      { content: "abc", behind: "d", isDone: true, mayEnd: true },
    ],
    [
      "a length not reached",
      { kind: "length", length: 9 },
      "abc",
      { content: "abc", behind: "", isDone: false, mayEnd: false },
    ],
    ["no length", { kind: "close" }, "abc", { content: "abc", behind: "", isDone: false, mayEnd: true }],
    [
      "chunks",
      CHUNKED,
      "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\nrest",
      { content: "abc0123456789", behind: "rest", isDone: true, mayEnd: true },
    ],
    [
      "trailers",
      CHUNKED,
      "0\r\nA: b\r\nC: d\r\n\r\n",
      { content: "", behind: "", isDone: true, mayEnd: true },
    ],
    [
      "chunks cut in the middle",
      CHUNKED,
      "3\r\nab",
      { content: "ab", behind: "", isDone: false, mayEnd: false },
    ],
    [
      "chunks without their last",
      CHUNKED,
      "1\r\na\r\n",
      { content: "a", behind: "", isDone: false, mayEnd: false },
    ],
  ];
  for (const [what, framing, wire, expected] of rows) {
    it(`reads ${what}, however it is cut`, () => {
      for (let size = 1; size <= wire.length; size++)
        assert.deepEqual(decode(framing, Buffer.from(wire), size), expected, String(size));
    });
  }

  const malformed: readonly (readonly [string, string])[] = [
    ["a size that is no number", "x\r\n"],
    ["a size with a sign", "-1\r\n"],
    ["a size too large to count", "fffffffffffff\r\n"],
    ["a line that ends without a carriage return", "3\nabc"],
    ["a chunk longer than it says", "3\r\nabcd\r\n"],
    ["a size line without end", "1;".padEnd(5000, "x")],
    ["trailers without end", `0\r\n${"A: b\r\n".repeat(20_000)}`],
    ["a trailer line without end", `0\r\n${"A".repeat(70_000)}`],
  ];
  for (const [what, wire] of malformed) {
    it(`refuses ${what}`, () => {
      for (const size of [1, 7, wire.length])
        assert.throws(() => decode(CHUNKED, Buffer.from(wire), size), WireError);
    });
  }

  it("gives back whatever was sent in chunks of any size, cut anywhere", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })),
        fc.integer({ min: 1, max: 50 }),
        (chunks, size) => {
          const wire = [...chunks, new Uint8Array()].map((chunk) =>
            Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]),
          );
          const { content, isDone } = decode(CHUNKED, Buffer.concat(wire), size);
          assert.equal(content, Buffer.concat(chunks).toString("latin1"));
          assert.ok(isDone);
        },
      ),
    );
  });
});
