import assert from "node:assert/strict";
import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeTemporaryFolder, openTemporaryFile, outputPlace, StagedFile, writeOutput } from "./index.ts";

describe("output that the user named", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "wherry-output-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const inFolder = (name: string): string => join(folder, name);

  it("is staged where it is a file, behind links too, and written as it is elsewhere", () => {
    writeFileSync(inFolder("file"), "");
    symlinkSync("file", inFolder("link"));
    symlinkSync("nowhere", inFolder("dangling"));
    symlinkSync("/dev/stdout", inFolder("out"));
    assert.deepEqual(outputPlace(inFolder("missing")), { path: inFolder("missing"), isStaged: true });
    assert.deepEqual(outputPlace(inFolder("file")), { path: inFolder("file"), isStaged: true });
    assert.deepEqual(outputPlace(inFolder("link")), { path: inFolder("file"), isStaged: true });
    for (const direct of [inFolder("dangling"), inFolder("out"), "/dev/stdout", "/dev/fd/1", "/dev/null"])
      assert.deepEqual(outputPlace(direct), { path: direct, isStaged: false });
  });

  it("goes into an open file by its descriptor, as after 3>file", () => {
    const fd = openSync(inFolder("file"), "w");
    try {
      for (const path of [`/proc/self/fd/${fd}`, `/dev/fd/${fd}`]) {
        writeOutput(path, path);
        assert.equal(readFileSync(inFolder("file"), "utf8"), path);
        using staged = StagedFile.open(path);
        staged.publish();
        assert.equal(readFileSync(inFolder("file"), "utf8"), "");
      }
    } finally {
      closeSync(fd);
    }
    assert.deepEqual(readdirSync(folder), ["file"]);
  });

  it("leaves a link in its place", () => {
    writeFileSync(inFolder("file"), "old");
    symlinkSync("file", inFolder("link"));
    writeOutput(inFolder("link"), "new");
    StagedFile.open(inFolder("link")).publish();
    assert.ok(lstatSync(inFolder("link")).isSymbolicLink());
    assert.deepEqual(readdirSync(folder), ["file", "link"]);
  });

  it("may have the longest name that a file can have", () => {
    const name = "名".repeat(85);
    writeOutput(inFolder(name), "new");
    StagedFile.open(inFolder(name)).publish();
    assert.deepEqual(readdirSync(folder), [name]);
  });

  it("says what cannot be written, and where no temporary folder can be made", () => {
    const expected = { code: "ERR_WHERRY_FILE_SYSTEM" };
    assert.throws(() => writeOutput(inFolder("no/such/place"), ""), expected);
    assert.throws(() => writeOutput(folder, ""), expected);
    const hint = "set TMPDIR to a folder that you may write into";
    assert.throws(() => makeTemporaryFolder(inFolder("no"), "x-"), { ...expected, hint });
    assert.throws(() => openTemporaryFile("/proc/self", "x-"), { ...expected, hint });
  });
});
