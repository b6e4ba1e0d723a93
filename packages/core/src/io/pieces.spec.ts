import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { Pieces } from "./pieces.ts";

describe("Pieces", () => {
  it("are those that came, not joined, however late they are asked for", async () => {
    const given = Array.from({ length: 20 }, (_, index) => Buffer.alloc(100_000, index));
    const pieces = new Pieces(Readable.from(given, { objectMode: false }));
    for (let count = 0; count < 5; count++) await turn();
    for (const piece of given) assert.equal(await pieces.next(), piece);
    assert.equal(await pieces.next(), undefined);
    assert.equal(await pieces.next(), undefined);
  });

  it("hold the stream back while nobody asks", async () => {
    let read = 0;
    const endless = new Readable({
      read() {
        read += 1;
        setImmediate(() => this.push(Buffer.alloc(65_536)));
      },
    });
    const pieces = new Pieces(endless);
    for (let count = 0; count < 200; count++) await turn();
    assert.ok(read < 30, String(read));
    for (let count = 0; count < 100; count++) await pieces.next();
    assert.ok(read >= 100);
    endless.destroy();
  });

  const failures: readonly (readonly [string, Error | undefined, RegExp])[] = [
    ["fails", new Error("broken"), /^Error: broken$/],
    ["is given up", undefined, /ended early/],
  ];
  for (const [what, error, expected] of failures) {
    it(`end with an error when the stream ${what}, after what came before`, async () => {
      const content = new Readable({ read: () => undefined });
      const pieces = new Pieces(content);
      content.push(Buffer.from("x"));
      await turn();
      content.destroy(error);
      assert.equal((await pieces.next())?.toString(), "x");
      await assert.rejects(pieces.next(), expected);
      await assert.rejects(pieces.next(), expected);
      await assert.rejects(new Pieces(content).next(), error === undefined ? /given up/ : expected);
    });
  }
});
