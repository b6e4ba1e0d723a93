import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { digestOf } from "../oci/index.ts";
import { diffLayer, type TarEntry } from "./index.ts";
import { asRoot, whyNotRoot } from "./testdata/as-root.ts";
import { readAllEntries } from "./testdata/read-all-entries.ts";
import type { Described, Wanted } from "./testdata/tasks.ts";

describe("diffLayer (skipped without root or sub-ids)", () => {
  let directory: string;
  let upper: string;
  let tar: string;
  before(async function () {
    this.timeout(20_000);
    if ((await whyNotRoot()) !== undefined) this.skip();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "wherry-diff-"));
    upper = join(directory, "upper");
    tar = join(directory, "layer.tar");
    mkdirSync(upper);
  });
  afterEach(() => asRoot("remove", { path: directory }));

  async function diff(files: Record<string, Wanted>): Promise<TarEntry[]> {
    await asRoot("make", { root: upper, files });
    const written = await asRoot("diff", { upper, output: tar });
    chmodSync(tar, 0o600);
    const archive = readFileSync(tar);
    const found = readAllEntries(archive).map(({ entry }) => entry);
    assert.deepEqual(written, { diffId: digestOf(archive), size: archive.length, entries: found.length });
    return found;
  }
  const namesOf = (entries: readonly TarEntry[]) => entries.map(({ path }) => path);

  it("lists parents first and names sorted by their bytes, and nothing else", async () => {
    const file = { type: "file" } as const;
    const found = await diff({
      b: { type: "directory" },
      "b/z": file,
      "b/ä": file,
      "b/Z": file,
      "b-": file,
      a: { type: "directory" },
      "a/socket": { type: "socket" },
    });
    assert.deepEqual(
      namesOf(found),
      ["a", "b", "b/Z", "b/z", "b/ä", "b-"].sort((x, y) => namesBefore(x, y)),
    );
  });

  it("writes whiteouts and opaque markers, always with the same bytes", async () => {
    const opaque = { "user.overlay.opaque": "79", "user.overlay.impure": "79", "user.kept": "00ff" };
    const found = await diff({
      d: { type: "directory", xattrs: opaque },
      "d/new": { type: "file" },
      gone: { type: "whiteout" },
    });
    assert.deepEqual(
      namesOf(found),
      ["d", "d/.wh..wh..opq", "d/new", ".wh.gone"].sort((x, y) => namesBefore(x, y)),
    );
    const [whiteout] = found.filter(({ path }) => path === ".wh.gone");
    assert.deepEqual(whiteout, {
      path: ".wh.gone",
      type: "file",
      mode: 0o600,
      uid: 0,
      gid: 0,
      size: 0,
      mtime: 0,
    });
    const [d] = found.filter(({ path }) => path === "d");
    assert.deepEqual(d?.xattrs, new Map([["user.kept", Buffer.from([0, 0xff])]]));
  });

  it("refuses what overlay renamed without copying", async () => {
    const files = { d: { type: "directory", xattrs: { "user.overlay.redirect": "2f78" } } } as const;
    await asRoot("make", { root: upper, files });
    await assert.rejects(asRoot("diff", { upper, output: tar }), {
      code: "ERR_WHERRY_UNSUPPORTED_UPPER",
      message: /"d" was made by an overlay mount with redirect/,
    });
  });

  it("says what it cannot read and where it cannot write", async () => {
    await assert.rejects(asRoot("diff", { upper: join(directory, "missing"), output: tar }), {
      code: "ERR_WHERRY_FILE_SYSTEM",
      message: /cannot make a layer of .*missing: no such file/,
    });
    await assert.rejects(asRoot("diff", { upper, output: "/dev/full" }), {
      code: "ERR_WHERRY_FILE_SYSTEM",
      message: /upper: no space left on device/,
    });
    await assert.rejects(asRoot("diff", { upper, output: join(directory, "missing", "tar") }), {
      code: "ERR_WHERRY_FILE_SYSTEM",
      message: /cannot write .*missing/,
    });
  });

  it("writes hard links once as a file", async () => {
    const found = await diff({
      a: { type: "file", content: "x" },
      b: { type: "link", content: "a" },
      s: { type: "symlink", content: "t" },
      t: { type: "link", content: "s" },
    });
    assert.deepEqual(
      found.map(({ path, type, linkName }) => [path, type, linkName]),
      [
        ["a", "file", undefined],
        ["b", "link", "a"],
        ["s", "symlink", "t"],
        ["t", "link", "s"],
      ],
    );
  });

  it("gives a layer that applies to the same tree, and again to the same bytes", async () => {
    const files: Record<string, Wanted> = {
      etc: { type: "directory", mode: 0o755, owner: [0, 0], time: [1_600_000_000, 123_456_789] },
      "etc/shadow": { type: "file", mode: 0o640, owner: [0, 42], content: "secret", time: [-1, 500_000_000] },
      "etc/link": { type: "symlink", content: "../shadow", owner: [1000, 1000], time: [5, 6] },
      "etc/hard": { type: "link", content: "etc/shadow" },
      closed: { type: "directory", mode: 0o500, owner: [33, 33] },
      "closed/su": {
        type: "file",
        mode: 0o6755,
        owner: [1, 2],
        xattrs: { "user.x": "00ff0a", "security.capability": "0100000200040000000000000000000000000000" },
      },
      pipe: { type: "fifo", mode: 0o622, owner: [9, 9] },
      removed: { type: "whiteout" },
      opaque: { type: "directory", mode: 0o1777, xattrs: { "user.overlay.opaque": "79" } },
      "é😀": { type: "file", mode: 0o600, content: "x".repeat(100_000) },
    };
    await diff(files);
    const before = await asRoot("describe", { root: upper });
    await asRoot("make", { root: directory, files: { again: { type: "directory" } } });
    const again = join(directory, "again");
    await asRoot("apply", { blob: tar, compression: "none", target: again });
    assert.deepEqual(
      withoutWhiteoutTimes(await asRoot("describe", { root: again })),
      withoutWhiteoutTimes(before),
    );
    await asRoot("diff", { upper: again, output: join(directory, "again.tar") });
    assert.equal(
      await asRoot("shell", { command: 'sha256sum <"$1"', args: [tar] }),
      await asRoot("shell", { command: 'sha256sum <"$1"', args: [join(directory, "again.tar")] }),
    );
  });

  it("gives a layer that GNU tar unpacks to the same tree", async () => {
    await diff({
      d: { type: "directory", mode: 0o2750, owner: [5, 6] },
      "d/f": {
        type: "file",
        mode: 0o4755,
        owner: [7, 8],
        content: "x",
        time: [1_600_000_000, 987_654_321],
        xattrs: { "user.a": "00ff" },
      },
      "d/g": { type: "link", content: "d/f" },
      [`d/${"long".repeat(50)}`]: { type: "symlink", content: "target".repeat(30) },
    });
    await asRoot("make", { root: directory, files: { gnu: { type: "directory" } } });
    const gnu = join(directory, "gnu");
    await asRoot("shell", {
      command: 'tar --xattrs --xattrs-include="*" --numeric-owner --same-owner -xpf "$1" -C "$2"',
      args: [tar, gnu],
    });
    assert.deepEqual(await asRoot("describe", { root: gnu }), await asRoot("describe", { root: upper }));
  });

  it("gives what a native overlay mount recorded (skipped where it cannot mount)", async function () {
    const script = `cd "$1" && unshare -m sh -ec 'mkdir lower work merged
      mkdir lower/d lower/kept && touch lower/gone lower/d/old lower/kept/a lower/kept/b
      mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work overlay merged || exit 77
      cd merged && rm gone kept/a && rm -r d && mkdir d && touch d/new && chmod 700 kept/b'`;
    try {
      await asRoot("shell", { command: script, args: [directory] });
    } catch {
      this.skip();
    }
    await asRoot("diff", { upper, output: tar });
    const listed = await asRoot("shell", { command: 'tar -tf "$1"', args: [tar] });
    assert.deepEqual(
      listed.trim().split("\n").sort(),
      [".wh.gone", "d/", "d/.wh..wh..opq", "d/new", "kept/", "kept/.wh.a", "kept/b"].sort(),
    );
  });

  it("changes times, in the directory too, describes the root and writes into streams when asked to", async () => {
    writeFileSync(join(upper, "f"), "x");
    writeFileSync(join(upper, "old"), "x");
    utimesSync(join(upper, "old"), 800, 800);
    const stream = new PassThrough({ highWaterMark: 2 ** 20 });
    await diffLayer({ upper, output: stream, root: true, times: { after: 900, become: 1000 } });
    stream.end();
    const found = readAllEntries(Buffer.concat((await stream.toArray()) as Buffer[])).map(
      ({ entry }) => entry,
    );
    assert.deepEqual(
      found.map(({ path, type, mtime }) => [path, type, mtime]),
      [
        [".", "directory", 1000],
        ["f", "file", 1000],
        ["old", "file", 800],
      ],
    );
    assert.deepEqual(
      ["", "f", "old"].map((name) => statSync(join(upper, name)).mtimeMs),
      [1_000_000, 1_000_000, 800_000],
    );
  });
});

/** Order of a walk that sorts each directory by the bytes of its names as they are on disk. */
function namesBefore(x: string, y: string): number {
  const key = (path: string) =>
    path
      .split("/")
      .map((name) => (name === ".wh..wh..opq" ? "" : name.replace(/^\.wh\./, "")))
      .join("\0");
  return Buffer.compare(Buffer.from(key(x)), Buffer.from(key(y)));
}

function withoutWhiteoutTimes(tree: Record<string, Described>): Record<string, Described> {
  return Object.fromEntries(
    Object.entries(tree).map(([name, described]) => [
      name,
      described.type === "character" ? { ...described, mtime: "", mode: "" } : described,
    ]),
  );
}
