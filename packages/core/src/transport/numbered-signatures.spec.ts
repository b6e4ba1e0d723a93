import assert from "node:assert/strict";
import { readNumbered } from "./numbered-signatures.ts";

describe("readNumbered", () => {
  const MIB = 1024 * 1024;
  const files = (...sizes: readonly number[]) => {
    const asked: number[] = [];
    const read = (number: number): Buffer | undefined => {
      asked.push(number);
      const size = sizes[number - 1];
      return size === undefined ? undefined : Buffer.alloc(size, number);
    };
    return { asked, read };
  };

  it("reads up to the first gap", async () => {
    const { asked, read } = files(3, 2);
    assert.deepEqual(await readNumbered(read, "it"), [Buffer.alloc(3, 1), Buffer.alloc(2, 2)]);
    assert.deepEqual(asked, [1, 2, 3]);
    assert.deepEqual(await readNumbered(files().read, "it"), []);
  });

  it("looks at no more than 128", async () => {
    const { asked, read } = files(...Array<number>(1000).fill(1));
    assert.equal((await readNumbered(read, "it")).length, 128);
    assert.equal(asked.length, 128);
  });

  it("ends when they become too much", async () => {
    const { asked, read } = files(...Array<number>(100).fill(MIB));
    await assert.rejects(readNumbered(read, "sha256:x"), /the signatures of sha256:x.* 4194304 bytes/);
    assert.equal(asked.length, 5);
  });
});
