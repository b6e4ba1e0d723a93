import { gzipSync } from "node:zlib";
import { file, folder, INVALID, link, REFUSED, TOO_LARGE, type HostileCase } from "./hostile-case.ts";
import { END, rawEntry, rawHeader, rawPax, rawTar } from "./raw-tar.ts";

/** Archives that are wrong as such, or larger than they look. */
export const HOSTILE_ARCHIVES: readonly HostileCase[] = [
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
    what: "a header for attributes that is larger than any",
    archive: () => rawTar(rawHeader({ name: "PaxHeaders/x", flag: "x", size: 2 ** 30 })),
    expected: INVALID,
  },
  {
    what: "a long name that is larger than any",
    archive: () => rawTar(rawHeader({ name: "././@LongLink", flag: "L", size: 2 ** 30 })),
    expected: INVALID,
  },
  {
    what: "a name twice, of which the last counts",
    archive: () =>
      rawTar(link("x", "../outside"), folder("x"), link("x", "../outside/file"), file("x"), file("x")),
    expected: "harmless",
    names: ["x"],
  },
  {
    what: "names that differ only in case",
    archive: () => rawTar(link("D", "../outside"), folder("d"), file("d/evil"), file("F"), file("f")),
    expected: "harmless",
    names: ["D", "F", "d", "d/evil", "f"],
  },
  {
    what: "a file that is setuid, in place of a link to another",
    archive: () => rawTar(link("x", "../outside/file"), rawEntry({ name: "x", mode: 0o6755 }, "evil")),
    expected: "harmless",
    names: ["x"],
  },
  {
    what: "a device of the machine, in place of a link",
    archive: () => rawTar(link("x", "../outside/file"), rawEntry({ name: "x", flag: "4", device: [8, 0] })),
    expected: "harmless",
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
    expected: TOO_LARGE,
  },
  {
    what: "too many entries",
    archive: () => rawTar(...Array.from({ length: 2000 }, (_, at) => rawEntry({ name: `f${at}` }))),
    expected: TOO_LARGE,
  },
];
