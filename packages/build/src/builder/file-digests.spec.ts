import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileDigests, lookOf } from "./file-digests.ts";

const DIGEST = "a".repeat(64);

describe("FileDigests", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-digests-"));
    writeFileSync(join(root, "f"), "content");
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** The file's stats as if it had changed so long ago. */
  const stats = (secondsAgo = 60) => {
    const now = lstatSync(join(root, "f"));
    return Object.assign(now, {
      ctimeMs: now.ctimeMs - secondsAgo * 1000,
      mtimeMs: now.mtimeMs - secondsAgo * 1000,
    });
  };
  const open = () => new FileDigests(join(root, "cache"), "/context");
  const learn = (seen = stats()) => {
    const digests = open();
    digests.of("f", lookOf(seen), () => DIGEST);
    digests.save();
    return seen;
  };
  const isKnown = (seen: ReturnType<typeof stats>) => {
    let known = true;
    assert.equal(
      open().of("f", lookOf(seen), () => {
        known = false;
        return DIGEST;
      }),
      DIGEST,
    );
    return known;
  };

  it("does not read a file again that looks as it did", () => {
    assert.ok(isKnown(learn()));
  });

  const changes: Record<string, Partial<ReturnType<typeof stats>>> = {
    size: { size: 8 },
    mtime: { mtimeMs: 1 },
    ctime: { ctimeMs: 1 },
    inode: { ino: 1 },
    device: { dev: 1 },
  };
  for (const [what, change] of Object.entries(changes))
    it(`reads a file again whose ${what} changed`, () => {
      assert.ok(!isKnown(Object.assign(learn(), change)));
    });

  it("does not trust a file that changed a moment ago", () => {
    assert.ok(!isKnown(learn(stats(0))));
  });

  it("keeps names with line breaks", () => {
    const seen = stats();
    const digests = open();
    digests.of("a\nb", lookOf(seen), () => DIGEST);
    digests.save();
    assert.equal(
      open().of("a\nb", lookOf(seen), () => ""),
      DIGEST,
    );
  });

  it("takes a file that is not its own for none", () => {
    const seen = learn();
    const folder = join(root, "cache/context-digests");
    for (const name of readdirSync(folder)) writeFileSync(join(folder, name), "garbage\n");
    assert.ok(!isKnown(seen));
  });
});
