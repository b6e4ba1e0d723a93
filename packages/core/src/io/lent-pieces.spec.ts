import assert from "node:assert/strict";
import { giveBack, LentPieces, share } from "./lent-pieces.ts";

/** As a socket does: reads a full buffer of one byte's value. */
function fill(pieces: LentPieces, value: number): Buffer {
  const room = pieces.room();
  room.fill(value);
  return pieces.lend(pieces.read(room.length));
}

describe("LentPieces", () => {
  it("reads into the same memory once all of it was given back", () => {
    using pieces = new LentPieces();
    const first = fill(pieces, 1);
    const memory = first.buffer;
    giveBack(first);
    assert.equal(fill(pieces, 2).buffer, memory);
  });

  it("never reads over what a reader still has", () => {
    using pieces = new LentPieces();
    const kept = Array.from({ length: 8 }, (_, value) => {
      pieces.room().fill(value);
      const part = pieces.lend(pieces.read(1000));
      return part;
    });
    for (let count = 0; count < 40; count++) giveBack(fill(pieces, 255));
    kept.forEach((part, value) => assert.ok(part.every((byte) => byte === value)));
  });

  it("takes no piece back twice, nor one that was never lent", () => {
    using pieces = new LentPieces();
    const room = pieces.room();
    const half = room.length / 2;
    const first = pieces.lend(pieces.read(half));
    const second = pieces.lend(pieces.read(half).fill(7));
    giveBack(first);
    giveBack(first);
    giveBack(new Uint8Array(4));
    for (let count = 0; count < 40; count++) giveBack(fill(pieces, 255));
    assert.ok(second.every((byte) => byte === 7));
  });

  it("waits for each reader that shares a piece", () => {
    using pieces = new LentPieces();
    const first = fill(pieces, 7);
    const second = share(first);
    giveBack(first);
    for (let count = 0; count < 40; count++) giveBack(fill(pieces, 255));
    assert.ok(second.every((byte) => byte === 7));
    const strange = Buffer.alloc(4);
    assert.equal(share(strange), strange);
  });
});
