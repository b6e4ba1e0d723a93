import assert from "node:assert/strict";
import {
  closeSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
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
    for (const direct of [inFolder("dangling"), "/dev/null"])
      assert.deepEqual(outputPlace(direct), { path: direct, isStaged: false });
    for (const open of [inFolder("out"), "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
      assert.deepEqual(outputPlace(open), { path: open, isStaged: false, descriptor: 1 });
  });

  it("goes on in an open file behind what was written to it, as after 3>file", async () => {
    const fd = openSync(inFolder("file"), "w");
    try {
      writeFileSync(fd, "before ");
      for (const path of [`/proc/self/fd/${fd}`, `/dev/fd/${fd}`]) {
        writeOutput(path, "small ");
        using staged = StagedFile.open(path);
        await finished(staged.stream().end("large "));
        staged.publish();
      }
      writeFileSync(fd, "after");
    } finally {
      closeSync(fd);
    }
    assert.equal(readFileSync(inFolder("file"), "utf8"), "before small large small large after");
    assert.deepEqual(readdirSync(folder), ["file"]);
  });

  it("keeps the mode of a file, and gives a new one what the umask leaves", () => {
    writeFileSync(inFolder("old"), "", { mode: 0o600 });
    const umask = process.umask(0o027);
    try {
      for (const name of ["old", "new"]) writeOutput(inFolder(name), "x");
    } finally {
      process.umask(umask);
    }
    assert.deepEqual(
      ["old", "new"].map((name) => statSync(inFolder(name)).mode & 0o777),
      [0o600, 0o640],
    );
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
