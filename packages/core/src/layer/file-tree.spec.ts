import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { FileTree, indexLayer, readLayerFiles, type LayerEntry } from "./index.ts";
import { rawEntry, rawPax, rawTar } from "./testdata/raw-tar.ts";

let directory: string;
/** A fresh place for each test of a suite. */
function useFreshPlace(): void {
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "wherry-tree-"))));
  afterEach(() => rmSync(directory, { recursive: true }));
}

async function layer(...parts: readonly Buffer[]): Promise<LayerEntry[]> {
  const blob = join(directory, "blob");
  writeFileSync(blob, rawTar(...parts));
  return indexLayer(blob, "none");
}
const file = (name: string, content = "") => rawEntry({ name }, content);
const folder = (name: string) => rawEntry({ name: `${name}/`, flag: "5" });
const link = (name: string, linkName: string) => rawEntry({ name, flag: "2", linkName });

describe("indexLayer", () => {
  useFreshPlace();
  it("lists entries, whiteouts and opaque markers by the paths they mean", async () => {
    const found = await layer(
      folder("./d"),
      file("/d/f", "x"),
      file("d/.wh.gone"),
      file("d/.wh..wh..opq"),
      file(".wh..wh.aufs"),
      rawEntry({ name: "h", flag: "1", linkName: "./d/f" }),
    );
    assert.deepEqual(
      found.map(({ kind, path, type, linkName }) => [kind, path, type, linkName]),
      [
        ["entry", "d", "directory", undefined],
        ["entry", "d/f", "file", undefined],
        ["whiteout", "d/gone", "file", undefined],
        ["opaque", "d", "file", undefined],
        ["entry", "h", "link", "d/f"],
      ],
    );
  });
});

describe("FileTree", () => {
  useFreshPlace();
  const pathsOf = (tree: FileTree) => [...tree.walk()].map(({ path, layer: number }) => `${path} ${number}`);

  const merges: readonly {
    what: string;
    layers: readonly (readonly Buffer[])[];
    expected: readonly string[];
  }[] = [
    {
      what: "joins directories",
      layers: [
        [folder("d"), file("d/a")],
        [folder("d"), file("d/b")],
      ],
      expected: [" 0", "d 1", "d/a 0", "d/b 1"],
    },
    { what: "replaces files", layers: [[file("a")], [file("a")]], expected: [" 0", "a 1"] },
    {
      what: "removes what a whiteout names",
      layers: [[file("d/a"), file("d/b")], [file("d/.wh.a")]],
      expected: [" 0", "d 0", "d/b 0"],
    },
    { what: "removes whole directories", layers: [[file("d/a")], [file(".wh.d")]], expected: [" 0"] },
    {
      what: "removes only what is in lower layers",
      layers: [[file("d/a")], [file("d/b"), file(".wh.d")]],
      expected: [" 0", "d 1", "d/b 1"],
    },
    {
      what: "empties opaque directories",
      layers: [[file("d/a")], [file("d/b"), file("d/.wh..wh..opq")]],
      expected: [" 0", "d 0", "d/b 1"],
    },
    {
      what: "empties an opaque root",
      layers: [[file("a")], [file("b"), file(".wh..wh..opq")]],
      expected: [" 0", "b 1"],
    },
    {
      what: "lets a file replace a directory",
      layers: [[file("d/a")], [file("d")]],
      expected: [" 0", "d 1"],
    },
    {
      what: "lets a directory hide a lower link, as overlay does",
      layers: [[file("usr/lib/a"), link("lib", "usr/lib")], [file("lib/b")]],
      expected: [" 0", "lib 1", "lib/b 1", "usr 0", "usr/lib 0", "usr/lib/a 0"],
    },
    {
      what: "ignores whiteouts of nothing",
      layers: [[file("a")], [file("x/y/.wh.z")]],
      expected: [" 0", "a 0"],
    },
    {
      what: "brings back what a layer between removed",
      layers: [[file("a")], [file(".wh.a")], [file("a")]],
      expected: [" 0", "a 2"],
    },
  ];
  for (const { what, layers, expected } of merges) {
    it(what, async () => {
      const indexed: LayerEntry[][] = [];
      for (const parts of layers) indexed.push(await layer(...parts));
      assert.deepEqual(pathsOf(FileTree.merge(indexed)), expected);
    });
  }

  it("gives hard links the entry of their file", async () => {
    const tree = FileTree.merge([
      await layer(file("a", "content"), rawEntry({ name: "b", flag: "1", linkName: "a" })),
    ]);
    assert.deepEqual(tree.lookup("b")?.entry, tree.lookup("a")?.entry);
    assert.equal(tree.lookup("b")?.path, "b");
  });

  const lookups = [
    { path: "/bin/sh", expected: "usr/bin/busybox" },
    { path: "bin/../bin//./sh", expected: "usr/bin/busybox" },
    { path: "/", expected: "" },
    { path: "../../usr", expected: "usr" },
    { path: "escape/bin/sh", expected: "usr/bin/busybox" },
    { path: "usr/bin/sh", followLinks: false, expected: "usr/bin/sh" },
    { path: "bin/sh", followLinks: false, expected: "usr/bin/sh" },
    { path: "usr/bin/sh/", followLinks: true, expected: "usr/bin/busybox" },
    { path: "loop", expected: undefined },
    { path: "loop", followLinks: false, expected: "loop" },
    { path: "dangling", expected: undefined },
    { path: "usr/bin/busybox/x", expected: undefined },
    { path: "missing", expected: undefined },
  ];
  for (const { path, followLinks, expected } of lookups) {
    it(`finds ${expected ?? "nothing"} at ${path}${followLinks === false ? ", not following its end" : ""}`, async () => {
      const entries = await layer(
        file("usr/bin/busybox"),
        link("usr/bin/sh", "busybox"),
        link("bin", "usr/bin"),
        link("escape", "../../../.."),
        link("loop", "loop2"),
        link("loop2", "/loop"),
        link("dangling", "/no/where"),
      );
      const tree = FileTree.merge([entries]);
      assert.equal(tree.lookup(path, followLinks === undefined ? {} : { followLinks })?.path, expected);
    });
  }

  it("lists directories sorted, through links, and nothing else", async () => {
    const tree = FileTree.merge([await layer(file("d/b"), file("d/a"), link("l", "d"))]);
    assert.deepEqual(
      tree.list("l")?.map(({ path }) => path),
      ["d/a", "d/b"],
    );
    assert.equal(tree.list("d/a"), undefined);
    assert.equal(tree.list("x"), undefined);
  });
});

describe("readLayerFiles", () => {
  useFreshPlace();
  const big = Buffer.alloc(1_500_000, "0123456789-");
  const archive = rawTar(
    file("a", "first"),
    rawPax({ "GNU.sparse.size": "6", "GNU.sparse.map": "1,1,3,1", "GNU.sparse.name": "s" }),
    file("x", "xy"),
    rawEntry({ name: "big" }, big),
    file("z", "last"),
  );
  const packed = { none: archive, gzip: gzipSync(archive), zstd: zstdCompressSync(archive) };

  for (const compression of ["none", "gzip", "zstd"] as const) {
    it(`gives chosen files of a layer (${compression}), each once and whole, whatever was read of those before`, async () => {
      const blob = join(directory, "blob");
      writeFileSync(blob, packed[compression]);
      const entries = await indexLayer(blob, compression);
      const [a, s, large, z] = entries;
      assert.ok(a && s && large && z);
      const found: string[] = [];
      await readLayerFiles(blob, compression, [z, s, a, large, a], async ({ path, size }, content) => {
        const parts: Uint8Array[] = [];
        for await (const part of content) {
          parts.push(part);
          if (path === "big") break;
        }
        const read = Buffer.concat(parts);
        if (path !== "big") assert.equal(read.length, size);
        found.push(`${path}=${read.toString().slice(0, 6)}`);
      });
      assert.deepEqual(found, ["a=first", "s=\0x\0y\0\0", "big=012345", "z=last"]);
    });

    it(`says when a layer (${compression}) is shorter than its list`, async () => {
      const blob = join(directory, "blob");
      writeFileSync(blob, packed[compression]);
      const entries = await indexLayer(blob, compression);
      const cut =
        compression === "none"
          ? archive.subarray(0, 4000)
          : { gzip: gzipSync, zstd: zstdCompressSync }[compression](archive.subarray(0, 4000));
      writeFileSync(blob, cut);
      await assert.rejects(
        readLayerFiles(blob, compression, entries, async (_entry, content) => {
          for await (const part of content) assert.ok(part.length > 0);
        }),
        { code: "ERR_WHERRY_DAMAGED_COMPRESSION" },
      );
    });
  }
});
