import { HOSTILE_ARCHIVES } from "./hostile-archives.ts";
import { file, folder, hardLink, link, REFUSED, type HostileCase } from "./hostile-case.ts";
import { rawEntry, rawHeader, rawPax, rawTar } from "./raw-tar.ts";

/** Layers that want to reach what lies outside of them, and archives that are none. */
export const HOSTILE_LAYERS: readonly HostileCase[] = [
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
  ...HOSTILE_ARCHIVES,
];
