import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { digestOf } from "../oci/index.ts";
import { counted, makeDirectory, readAll, verified, writeFileAtomically } from "./index.ts";

const content = Buffer.from("some content");
const descriptor = { digest: digestOf(content), size: content.length };

describe("verified", () => {
  const cases = [
    { what: "the right bytes", bytes: content, code: undefined },
    { what: "one byte changed", bytes: Buffer.from("Some content"), code: "ERR_WHERRY_DIGEST_MISMATCH" },
    { what: "a byte too many", bytes: Buffer.from("some content!"), code: "ERR_WHERRY_SIZE_MISMATCH" },
    { what: "a byte too few", bytes: Buffer.from("some conten"), code: "ERR_WHERRY_SIZE_MISMATCH" },
  ];
  for (const { what, bytes, code } of cases) {
    it(`${code === undefined ? "passes" : "refuses"} ${what}`, async () => {
      const reading = readAll(verified(Readable.from([bytes]), descriptor), 100);
      if (code === undefined) assert.deepEqual(await reading, content);
      else await assert.rejects(reading, { code });
    });
  }

  it("does not digest twice what is checked already, but checks for other content", async () => {
    const once = verified(Readable.from([content]), descriptor);
    assert.equal(verified(once, descriptor), once);
    const other = { digest: digestOf("other"), size: content.length };
    await assert.rejects(readAll(verified(once, other), 100), { code: "ERR_WHERRY_DIGEST_MISMATCH" });
  });

  it("passes on the error of its source", async () => {
    const source = new Readable({ read: () => undefined });
    const reading = readAll(verified(source, descriptor), 100);
    source.destroy(new Error("cut"));
    await assert.rejects(reading, /cut/);
  });
});

describe("counted", () => {
  it("tells the bytes of each piece and keeps them as they are", async () => {
    const counts: number[] = [];
    const pieces = Readable.from([content.subarray(0, 4), content.subarray(4)]);
    const checked = verified(pieces, descriptor);
    const counting = counted(checked, (count) => counts.push(count));
    assert.equal(verified(counting, descriptor), counting);
    assert.deepEqual(await readAll(counting, 100), content);
    assert.deepEqual(counts, [4, content.length - 4]);
  });

  it("passes on the error of its source", async () => {
    const failing = verified(Readable.from([Buffer.from("x")]), descriptor);
    await assert.rejects(
      readAll(
        counted(failing, () => undefined),
        100,
      ),
      { code: "ERR_WHERRY_SIZE_MISMATCH" },
    );
  });
});

describe("readAll", () => {
  it("gives up at the limit", async () => {
    await assert.rejects(readAll(Readable.from([content]), 5), { code: "ERR_WHERRY_TOO_LARGE" });
  });
});

describe("writeFileAtomically", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "wherry-io-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("replaces the file and sets the mode whatever the umask is", () => {
    const path = join(directory, "file");
    writeFileSync(path, "old");
    const umask = process.umask(0o077);
    try {
      writeFileAtomically(path, "new", { mode: 0o644 });
    } finally {
      process.umask(umask);
    }
    assert.equal(readFileSync(path, "utf8"), "new");
    assert.equal(statSync(path).mode & 0o777, 0o644);
  });

  it("leaves nothing behind when it fails", () => {
    assert.throws(
      () => {
        writeFileAtomically(join(directory, "missing", "file"), "new");
      },
      { code: "ERR_WHERRY_FILE_SYSTEM" },
    );
    assert.deepEqual(readdirSync(directory), []);
  });
});

describe("makeDirectory", () => {
  it("makes nothing below a current folder that was removed", () => {
    const before = process.cwd();
    const directory = mkdtempSync(join(tmpdir(), "wherry-io-"));
    try {
      process.chdir(directory);
      rmSync(directory, { recursive: true });
      assert.throws(() => makeDirectory("a/b"), { code: "ERR_WHERRY_FILE_SYSTEM", errno: "ENOENT" });
    } finally {
      process.chdir(before);
    }
  });

  it("makes parents, takes what is there, and says what is in the way", () => {
    const directory = mkdtempSync(join(tmpdir(), "wherry-io-"));
    try {
      makeDirectory(join(directory, "a/b/c"));
      makeDirectory(join(directory, "a/b/c"));
      assert.equal(statSync(join(directory, "a/b/c")).mode & 0o777, 0o700);
      writeFileSync(join(directory, "file"), "");
      for (const path of ["file", "file/x/y"])
        assert.throws(
          () => {
            makeDirectory(join(directory, path));
          },
          { code: "ERR_WHERRY_FILE_SYSTEM" },
        );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
