import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Compression } from "../oci/index.ts";
import { applyLayer, FileTree, indexLayer } from "./index.ts";
import { END, rawEntry, rawHeader, rawPax, rawTar } from "./testdata/raw-tar.ts";
import { TASKS, type Described } from "./testdata/tasks.ts";

/** Paths as hostile archives use them: `OUTSIDE` is the absolute path of the sentinel tree. */
type Outside = { readonly absolute: string };

interface HostileCase {
  readonly what: string;
  readonly archive: (outside: Outside) => Buffer;
  readonly compression?: Compression;
  /** The error's code; "harmless" when the layer may be applied, as long as nothing outside changes. */
  readonly expected: string;
  /** Whether a list of the layer has nothing to refuse: it holds no links that could be gone through. */
  readonly fineWhenListed?: boolean;
  /** Names in the target afterwards, where it is harmless. */
  readonly names?: readonly string[];
}

const REFUSED = "ERR_WHERRY_HOSTILE_ENTRY";
const INVALID = "ERR_WHERRY_INVALID_TAR";
const link = (name: string, linkName: string) => rawEntry({ name, flag: "2", linkName });
const hardLink = (name: string, linkName: string) => rawEntry({ name, flag: "1", linkName });
const folder = (name: string) => rawEntry({ name: `${name}/`, flag: "5", mode: 0o777 });
const file = (name: string) => rawEntry({ name, mode: 0o777 }, "evil");

const CASES: readonly HostileCase[] = [
  { what: "a name with ..", archive: () => rawTar(file("../outside/evil")), expected: REFUSED },
  {
    what: "a name with .. inside",
    archive: () => rawTar(folder("a"), file("a/../../outside/evil")),
    expected: REFUSED,
  },
  { what: "a directory ..", archive: () => rawTar(folder("..")), expected: REFUSED },
  {
    what: "a PAX name with ..",
    archive: () => rawTar(rawPax({ path: "../outside/evil" }), file("x")),
    expected: REFUSED,
  },
  {
    what: "a GNU long name with ..",
    archive: () => rawTar(rawEntry({ flag: "L" }, "../outside/evil\0"), file("x")),
    expected: REFUSED,
  },
  {
    what: "a sparse name with ..",
    archive: () =>
      rawTar(
        rawPax({ "GNU.sparse.size": "1", "GNU.sparse.map": "0,1", "GNU.sparse.name": "../outside/evil" }),
        rawEntry({}, "x"),
      ),
    expected: REFUSED,
  },
  {
    what: "a prefix ..",
    archive: () => rawTar(rawEntry({ prefix: "..", name: "outside/evil" }, "x")),
    expected: REFUSED,
  },
  {
    what: "an absolute name, which stays below the root",
    archive: ({ absolute }) => rawTar(file(`${absolute}/evil`)),
    expected: "harmless",
  },
  {
    what: "writing through a symlink out",
    archive: ({ absolute }) => rawTar(link("x", absolute), file("x/evil")),
    expected: REFUSED,
  },
  {
    what: "writing through a relative symlink out",
    archive: () => rawTar(link("x", "../outside"), file("x/evil")),
    expected: REFUSED,
  },
  {
    what: "writing through a symlink inside",
    archive: () => rawTar(folder("d"), link("x", "d"), file("x/evil")),
    expected: REFUSED,
  },
  {
    what: "writing through a chain of symlinks",
    archive: () => rawTar(link("x", ".."), link("y", "x/outside"), file("y/evil")),
    expected: REFUSED,
  },
  {
    what: "writing through a hard link to a symlink",
    archive: () => rawTar(link("x", "../outside"), hardLink("y", "x"), file("y/evil")),
    expected: REFUSED,
  },
  {
    what: "a file in place of a symlink to a file, which it replaces",
    archive: () => rawTar(link("x", "../outside/file"), file("x")),
    expected: "harmless",
    names: ["x"],
  },
  {
    what: "a directory swapped for a symlink, then written through",
    archive: () => rawTar(folder("d"), file("d/a"), link("d", "../outside"), file("d/evil")),
    expected: REFUSED,
  },
  {
    what: "the same, far below",
    archive: () => rawTar(file("a/b/c/d"), link("a", "../outside"), file("a/b/c/evil")),
    expected: REFUSED,
  },
  {
    what: "a symlink swapped for a directory, which it becomes",
    archive: () => rawTar(link("d", "../outside"), folder("d"), file("d/fine")),
    expected: "harmless",
    names: ["d", "d/fine"],
  },
  {
    what: "a directory's attributes through a symlink in its place",
    archive: () => rawTar(folder("outside"), link("outside", "../outside")),
    expected: "harmless",
    names: ["outside"],
  },
  {
    what: "a symlink as the root",
    archive: () => rawTar(link(".", "../outside"), file("evil")),
    expected: REFUSED,
  },
  { what: "a file as the root", archive: () => rawTar(file("./")), expected: "harmless", names: [] },
  {
    what: "a fifo as the root",
    archive: () => rawTar(rawEntry({ name: "/", flag: "6" })),
    expected: REFUSED,
  },
  {
    what: "a hard link out with ..",
    archive: () => rawTar(hardLink("x", "../outside/file")),
    expected: REFUSED,
  },
  {
    what: "an absolute hard link out",
    archive: ({ absolute }) => rawTar(hardLink("x", `${absolute}/file`)),
    expected: REFUSED,
  },
  {
    what: "a hard link through a symlink",
    archive: () => rawTar(link("s", "../outside"), hardLink("x", "s/file"), file("x")),
    expected: REFUSED,
  },
  {
    what: "a hard link to a directory",
    archive: () => rawTar(folder("d"), hardLink("x", "d")),
    expected: REFUSED,
  },
  { what: "a hard link to nothing", archive: () => rawTar(hardLink("x", "")), expected: REFUSED },
  {
    what: "a hard link to what comes later",
    archive: () => rawTar(hardLink("x", "y"), file("y")),
    expected: REFUSED,
  },
  { what: "a hard link to the root", archive: () => rawTar(hardLink("x", "/")), expected: REFUSED },
  {
    what: "a hard link to a whiteout",
    archive: () => rawTar(rawEntry({ name: "a" }), hardLink("x", ".wh.a")),
    expected: REFUSED,
  },
  {
    what: "a hard link that says it has content",
    archive: () =>
      rawTar(file("a"), rawHeader({ name: "x", flag: "1", linkName: "a", size: 512 }), file("b")),
    expected: "harmless",
    names: ["a", "b", "x"],
  },
  {
    what: "a hard link to a symlink out, then a file there",
    archive: () => rawTar(link("s", "../outside/file"), hardLink("x", "s"), file("x")),
    expected: "harmless",
    names: ["s", "x"],
  },
  { what: "a symlink to nothing", archive: () => rawTar(link("x", "")), expected: REFUSED },
  { what: "a file below a file", archive: () => rawTar(file("a"), file("a/b")), expected: REFUSED },
  {
    what: "a file below a fifo",
    archive: () => rawTar(rawEntry({ name: "p", flag: "6" }), file("p/b")),
    expected: REFUSED,
  },
  {
    what: "a device node 0:0, overlay's whiteout",
    archive: () => rawTar(rawEntry({ name: "x", flag: "3", device: [0, 0] })),
    expected: "harmless",
    names: [],
  },
  { what: "a whiteout of ..", archive: () => rawTar(rawEntry({ name: "a/.wh..." })), expected: REFUSED },
  { what: "a whiteout of .", archive: () => rawTar(rawEntry({ name: "a/.wh.." })), expected: REFUSED },
  { what: "a whiteout of nothing", archive: () => rawTar(rawEntry({ name: ".wh." })), expected: REFUSED },
  {
    what: "a whiteout above",
    archive: () => rawTar(rawEntry({ name: "../outside/.wh.file" })),
    expected: REFUSED,
  },
  {
    what: "a whiteout through a symlink",
    archive: () => rawTar(link("s", "../outside"), rawEntry({ name: "s/.wh.file" })),
    expected: REFUSED,
    fineWhenListed: true,
  },
  {
    what: "an opaque marker through a symlink",
    archive: () => rawTar(link("s", "../outside"), rawEntry({ name: "s/.wh..wh..opq" })),
    expected: REFUSED,
    fineWhenListed: true,
  },
  {
    what: "a whiteout whose directory becomes a symlink",
    archive: () => rawTar(folder("d"), rawEntry({ name: "d/.wh.file" }), link("d", "../outside")),
    expected: "harmless",
    names: ["d"],
  },
  {
    what: "an opaque directory that becomes a symlink",
    archive: () => rawTar(rawEntry({ name: "d/.wh..wh..opq" }), link("d", "../outside")),
    expected: "harmless",
    names: ["d"],
  },
  {
    what: "AUFS's marker misspelt",
    archive: () => rawTar(rawEntry({ name: ".wh..wh.opq" })),
    expected: "harmless",
    names: [],
  },
  { what: "a file below a whiteout", archive: () => rawTar(file(".wh.a/b")), expected: REFUSED },
  {
    what: "overlay's own xattrs",
    archive: () => rawTar(rawPax({ "SCHILY.xattr.user.overlay.redirect": "/outside" }), folder("d")),
    expected: "harmless",
    names: ["d"],
  },
  {
    what: "a name with NUL",
    archive: () => rawTar(rawPax({ path: "a\0/../../outside/evil" }), file("x")),
    expected: INVALID,
  },
  {
    what: "a link target with NUL",
    archive: () => rawTar(rawPax({ linkpath: "a\0b" }), link("x", "y")),
    expected: INVALID,
  },
  {
    what: "a name longer than a path",
    archive: () => rawTar(rawPax({ path: "a/".repeat(2500) }), file("x")),
    expected: REFUSED,
  },
  {
    what: "a name longer than a name",
    archive: () => rawTar(rawPax({ path: "n".repeat(300) }), file("x")),
    expected: REFUSED,
  },
  {
    what: "a negative size",
    archive: () => rawTar(rawHeader({ size: Buffer.alloc(12, 0xff) })),
    expected: INVALID,
  },
  {
    what: "a size larger than the archive",
    archive: () => rawTar(rawHeader({ size: 0o77777777777 })),
    expected: INVALID,
  },
  {
    what: "a size beyond numbers",
    archive: () => rawTar(rawHeader({ size: Buffer.concat([Buffer.of(0x80), Buffer.alloc(11, 0xff)]) })),
    expected: INVALID,
  },
  {
    what: "a PAX header that lies about its length",
    archive: () => rawTar(rawEntry({ flag: "x" }, "999 path=../evil\n"), file("x")),
    expected: INVALID,
  },
  {
    what: "a PAX size hiding an entry in content",
    archive: () =>
      rawTar(rawPax({ size: "1024" }), rawHeader({ name: "a", size: 0 }), file("../outside/evil")),
    expected: "harmless",
    names: ["a"],
  },
  {
    what: "an archive inside an archive's tail",
    archive: () => Buffer.concat([rawTar(file("a")), END, rawTar(file("../outside/evil"))]),
    expected: "harmless",
    names: ["a"],
  },
  {
    what: "a sparse bomb, which takes no room",
    archive: () =>
      rawTar(
        rawPax({ "GNU.sparse.size": String(2 ** 40), "GNU.sparse.map": "0,1", "GNU.sparse.name": "s" }),
        rawEntry({}, "x"),
      ),
    expected: "harmless",
    names: ["s"],
  },
  {
    what: "a sparse bomb that no disk holds",
    archive: () =>
      rawTar(rawPax({ "GNU.sparse.size": String(2 ** 52), "GNU.sparse.map": "0,1" }), rawEntry({}, "x")),
    expected: INVALID,
  },
  {
    what: "a truncated gzip",
    archive: () => gzipSync(rawTar(file("a"))).subarray(0, -20),
    compression: "gzip",
    expected: "ERR_WHERRY_DAMAGED_COMPRESSION",
  },
  {
    what: "a truncated archive",
    archive: () => rawEntry({ name: "a" }, "x".repeat(600)).subarray(0, 900),
    expected: INVALID,
  },
  { what: "an archive that is none", archive: () => Buffer.alloc(2048, "no tar "), expected: INVALID },
  {
    what: "a gzip bomb",
    archive: () =>
      gzipSync(Buffer.concat([rawHeader({ name: "z", size: 90_000_000 }), Buffer.alloc(90_000_000)])),
    compression: "gzip",
    expected: "ERR_WHERRY_LAYER_TOO_LARGE",
  },
  {
    what: "too many entries",
    archive: () => rawTar(...Array.from({ length: 2000 }, (_, at) => rawEntry({ name: `f${at}` }))),
    expected: "ERR_WHERRY_LAYER_TOO_LARGE",
  },
];

describe("a hostile layer", () => {
  let directory: string;
  let target: string;
  let outside: string;
  let before: Record<string, Described>;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), "wherry-hostile-"));
    target = join(directory, "target");
    outside = join(directory, "outside");
    mkdirSync(target);
    mkdirSync(join(outside, "inner"), { recursive: true });
    writeFileSync(join(outside, "file"), "sentinel");
    symlinkSync("file", join(outside, "link"));
    before = await sentinels();
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** Everything outside of the target, with its attributes. */
  async function sentinels(): Promise<Record<string, Described>> {
    const all = await TASKS.describe({ root: directory });
    return Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith("outside")));
  }

  for (const { what, archive, compression = "none", expected, names } of CASES) {
    it(`${expected === "harmless" ? "does no harm" : "is refused"} with ${what}`, async () => {
      const blob = join(directory, "blob");
      writeFileSync(blob, archive({ absolute: outside }));
      const applying = applyLayer({
        blob,
        compression,
        target,
        limits: { entries: 1000, size: 64 * 2 ** 20 },
      });
      if (expected === "harmless") {
        await applying;
        if (names !== undefined) assert.deepEqual(Object.keys(await TASKS.describe({ root: target })), names);
      } else await assert.rejects(applying, { code: expected });
      assert.deepEqual(await sentinels(), before);
      assert.deepEqual(readdirSync(directory).sort(), ["blob", "outside", "target"]);
    });
  }

  const listed = CASES.filter(
    ({ expected, fineWhenListed = false }) =>
      !fineWhenListed && (expected === REFUSED || expected === INVALID),
  );
  for (const { what, archive, compression = "none", expected } of listed) {
    it(`is no less refused with ${what} when it is only listed and merged`, async () => {
      const blob = join(directory, "blob");
      writeFileSync(blob, archive({ absolute: outside }));
      await assert.rejects(async () => FileTree.merge([await indexLayer(blob, compression)]), {
        code: expected,
      });
    });
  }
});
