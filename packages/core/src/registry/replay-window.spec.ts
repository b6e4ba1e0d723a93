import assert from "node:assert/strict";
import { assert as check, array, integer, property } from "fast-check";
import { giveBack, LentPieces } from "../io/index.ts";
import { ReplayWindow } from "./replay-window.ts";

/** Byte of the content at an offset. */
const byteAt = (offset: number): number => (offset * 31 + (offset >> 8)) % 251;

function bytesFrom(start: number, length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => byteAt(start + index)));
}

describe("ReplayWindow", () => {
  it("keeps at least its size of the last bytes, as they were, however they came", () => {
    check(
      property(array(integer({ min: 1, max: 40_000 }), { maxLength: 12 }), (lengths) => {
        using window = new ReplayWindow(50_000);
        for (const length of lengths) window.keep(bytesFrom(window.end, length));
        assert.ok(window.start <= Math.max(0, window.end - 50_000));
        for (let offset = window.start; offset < window.end;) {
          const piece = window.at(offset);
          assert.ok(piece !== undefined && piece.start <= offset);
          assert.deepEqual(piece.bytes, bytesFrom(piece.start, piece.bytes.length));
          offset = piece.start + piece.bytes.length;
        }
        assert.equal(window.at(window.end), undefined);
        assert.equal(window.at(window.start - 1), undefined);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps lent memory from being read into, until it is not needed any more", () => {
    using pieces = new LentPieces();
    const window = new ReplayWindow(300_000);
    for (let count = 0; count < 30; count++) {
      pieces.room().fill(count);
      const piece = pieces.lend(pieces.read(65_536));
      window.keep(piece);
      giveBack(piece); // it is on the wire
      for (let offset = window.start; offset < window.end; offset += 65_536) {
        const kept = window.at(offset);
        assert.ok(kept !== undefined);
        assert.ok(kept.bytes.every((byte) => byte === offset / 65_536));
        giveBack(kept.bytes);
      }
    }
    assert.ok(window.end - window.start < 400_000);
  });

  it("copies small pieces together", () => {
    using window = new ReplayWindow(1_000_000);
    for (let offset = 0; offset < 10_000; offset++) window.keep(bytesFrom(offset, 1));
    assert.deepEqual(window.at(0)?.bytes, bytesFrom(0, 10_000));
  });
});
