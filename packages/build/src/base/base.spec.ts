import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { parseReference } from "@wherry/core/reference";
import { Store } from "@wherry/core/store";
import { parseElf } from "./elf.ts";
import { createHostBase } from "./host-base.ts";
import { collectPrograms } from "./host-programs.ts";

interface MadeElf {
  readonly interpreter?: string;
  readonly needed?: readonly string[];
  readonly runpath?: string;
  readonly rpath?: string;
  readonly machine?: number;
  readonly wide?: boolean;
}

describe("parseElf", () => {
  const cases: { what: string; elf: MadeElf; expected: object }[] = [
    {
      what: "a program",
      elf: { interpreter: "/lib/ld.so", needed: ["liba.so", "libb.so.1"] },
      expected: {
        kind: "64-le-62",
        interpreter: "/lib/ld.so",
        needed: ["liba.so", "libb.so.1"],
        rpath: [],
        runpath: [],
      },
    },
    { what: "a static program", elf: {}, expected: { kind: "64-le-62", needed: [], rpath: [], runpath: [] } },
    {
      what: "search paths",
      elf: { runpath: "$ORIGIN/../lib:/opt/x", rpath: "/r" },
      expected: { kind: "64-le-62", needed: [], rpath: ["/r"], runpath: ["$ORIGIN/../lib", "/opt/x"] },
    },
    {
      what: "32 bits",
      elf: { wide: false, machine: 3, needed: ["libc.so.6"] },
      expected: { kind: "32-le-3", needed: ["libc.so.6"], rpath: [], runpath: [] },
    },
  ];
  for (const { what, elf, expected } of cases)
    it(`reads ${what}`, () => {
      assert.deepEqual(parseElf(makeElf(elf), "x"), expected);
    });

  it("takes other files for what they are", () => {
    assert.equal(parseElf(Buffer.from("#!/bin/sh\n"), "x"), undefined);
    assert.equal(parseElf(Buffer.alloc(0), "x"), undefined);
  });

  it("reads a program of this machine as the loader does", () => {
    const elf = parseElf(readFileSync(process.execPath), process.execPath);
    assert.ok(elf?.interpreter !== undefined && elf.needed.some((name) => name.startsWith("libc.so")));
  });

  it("says what is damaged, whatever bytes it is given", () => {
    const whole = makeElf({ interpreter: "/lib/ld.so", needed: ["liba.so"] });
    fc.assert(
      fc.property(
        fc.nat(whole.length - 1),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(whole.length),
        (at, byte, length) => {
          const damaged = Buffer.from(whole);
          damaged[at] = byte;
          try {
            parseElf(damaged.subarray(0, length), "x");
          } catch (error) {
            assert.equal((error as { code?: string }).code, "ERR_WHERRY_INVALID_ELF");
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("collectPrograms", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-host-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  function put(path: string, content: Buffer | string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    chmodSync(join(root, path), 0o755);
  }

  function link(path: string, target: string): void {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(target, join(root, path));
  }

  const paths = (...programs: string[]) => collectPrograms(programs, { root }).files.paths();

  it("takes libraries, their libraries, the loader, and the links on the way", () => {
    put("/usr/bin/p", makeElf({ interpreter: "/lib64/ld.so", needed: ["liba.so.1"] }));
    put("/usr/lib/x86_64-linux-gnu/liba.so.1.2", makeElf({ needed: ["libb.so"] }));
    link("/usr/lib/x86_64-linux-gnu/liba.so.1", "liba.so.1.2");
    put("/usr/lib/libb.so", makeElf({}));
    put("/usr/lib/unused.so", makeElf({}));
    put("/usr/lib64/ld-2.so", makeElf({}));
    link("/usr/lib64/ld.so", "ld-2.so");
    link("/lib64", "usr/lib64");
    link("/lib", "usr/lib");
    assert.deepEqual(paths("p"), [
      "/lib",
      "/lib64",
      "/usr",
      "/usr/bin",
      "/usr/bin/p",
      "/usr/lib",
      "/usr/lib/libb.so",
      "/usr/lib/x86_64-linux-gnu",
      "/usr/lib/x86_64-linux-gnu/liba.so.1",
      "/usr/lib/x86_64-linux-gnu/liba.so.1.2",
      "/usr/lib64",
      "/usr/lib64/ld-2.so",
      "/usr/lib64/ld.so",
    ]);
  });

  it("takes the interpreter of a script, and both of env", () => {
    put("/usr/bin/s", "#!/usr/bin/env -S lang -x\n");
    put("/usr/bin/env", makeElf({}));
    put("/usr/bin/lang", "#! /bin/l2 -e\n");
    put("/bin/l2", makeElf({}));
    assert.deepEqual(
      paths("s").filter((path) => !/^\/(?:usr|bin|usr\/bin)$/.test(path)),
      ["/bin/l2", "/usr/bin/env", "/usr/bin/lang", "/usr/bin/s"],
    );
  });

  it("looks along RUNPATH, $ORIGIN and ld.so.conf, and passes over other machines", () => {
    put("/opt/bin/p", makeElf({ needed: ["liba.so", "libc.so"], runpath: "$ORIGIN/../lib" }));
    put("/opt/lib/liba.so", makeElf({}));
    put("/etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n");
    put("/etc/ld.so.conf.d/x.conf", "# mine\n/odd\n");
    put("/lib/libc.so", makeElf({ machine: 183 }));
    put("/odd/libc.so", makeElf({}));
    const { files, libraryFolders } = collectPrograms(["/opt/bin/p"], { root });
    assert.ok(files.paths().includes("/odd/libc.so") && files.paths().includes("/opt/lib/liba.so"));
    assert.ok(!files.paths().includes("/lib/libc.so"));
    assert.deepEqual(libraryFolders, ["/odd"]);
  });

  it("takes a folder with all in it", () => {
    put("/usr/share/x/a", "1");
    put("/usr/share/x/y/b", "2");
    assert.deepEqual(paths("/usr/share/x").slice(2), [
      "/usr/share/x",
      "/usr/share/x/a",
      "/usr/share/x/y",
      "/usr/share/x/y/b",
    ]);
  });

  it("takes what is only in a folder, whatever it would need to start", () => {
    put("/usr/share/x/script", "#!/usr/bin/gone\n");
    put("/usr/share/x/plugin.so", makeElf({ needed: ["libgone.so"] }));
    assert.equal(paths("/usr/share/x").length, 5);
    assert.throws(() => paths("/usr/share/x/script"), { code: "ERR_WHERRY_HOST_PROGRAM" });
  });

  it("says which program or library is missing", () => {
    put("/usr/bin/p", makeElf({ needed: ["libgone.so"] }));
    assert.throws(() => paths("nosuch"), {
      code: "ERR_WHERRY_HOST_PROGRAM",
      message: "no program nosuch on this machine",
    });
    assert.throws(() => paths("p"), /p needs the library libgone.so, which is nowhere/);
  });
});

describe("createHostBase", () => {
  it("makes the same image twice, with a shell and a minimal /etc", async () => {
    const root = mkdtempSync(join(tmpdir(), "wherry-base-"));
    try {
      const file = join(root, "file");
      writeFileSync(file, "x");
      utimesSync(file, 1e9, 1e9);
      using store = Store.open(join(root, "store"));
      const make = () =>
        createHostBase(store, parseReference("localhost/b:1"), [file], { osRelease: "ID=test\n" });
      const first = await make();
      assert.equal((await make()).id, first.id);
      assert.equal(first.created, "2001-09-09T01:46:40Z");
      assert.deepEqual(first.names, ["localhost/b:1"]);
      const { Labels = {} } = store.images.readConfig(first).config ?? {};
      assert.equal(Labels["io.wherry.base"], "host");
      assert.match(Labels["io.wherry.base.files"] ?? "", /^5 sha256:[0-9a-f]{64}$/);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

/** An ELF file of headers, one dynamic section and its texts: what a loader reads first. */
function makeElf({ interpreter, needed = [], runpath, rpath, machine = 62, wide = true }: MadeElf): Buffer {
  const size = 0x1000;
  const base = 0x400000;
  const bytes = Buffer.alloc(size);
  const word = (value: number, at: number) => {
    if (wide) bytes.writeBigUInt64LE(BigInt(value), at);
    else bytes.writeUInt32LE(value, at);
  };
  bytes.write("\x7fELF", 0, "latin1");
  bytes.set([wide ? 2 : 1, 1, 1], 4);
  bytes.writeUInt16LE(2, 16);
  bytes.writeUInt16LE(machine, 18);
  const texts = 0x800;
  let used = 1;
  const text = (value: string): number => {
    const start = used;
    used += bytes.write(`${value}\0`, texts + start);
    return start;
  };
  const entries: [tag: number, value: number][] = [
    ...needed.map((name): [number, number] => [1, text(name)]),
    ...(rpath === undefined ? [] : [[15, text(rpath)] as [number, number]]),
    ...(runpath === undefined ? [] : [[29, text(runpath)] as [number, number]]),
  ];
  const step = wide ? 8 : 4;
  const dynamic = 0x400;
  if (entries.length > 0) {
    [...entries, [5, base + texts] as const, [0, 0] as const].forEach(([tag, value], index) => {
      word(tag, dynamic + index * 2 * step);
      word(value, dynamic + index * 2 * step + step);
    });
  }
  const segments = [
    { type: 1, offset: 0, length: size },
    ...(entries.length > 0 ? [{ type: 2, offset: dynamic, length: (entries.length + 2) * 2 * step }] : []),
    ...(interpreter === undefined
      ? []
      : [{ type: 3, offset: texts + text(interpreter), length: interpreter.length + 1 }]),
  ];
  const table = 0x100;
  const entrySize = wide ? 56 : 32;
  word(table, wide ? 32 : 28);
  bytes.writeUInt16LE(entrySize, wide ? 54 : 42);
  bytes.writeUInt16LE(segments.length, wide ? 56 : 44);
  segments.forEach(({ type, offset, length }, index) => {
    const at = table + index * entrySize;
    bytes.writeUInt32LE(type, at);
    word(offset, at + (wide ? 8 : 4));
    word(base + offset, at + (wide ? 16 : 8));
    word(length, at + (wide ? 32 : 16));
  });
  return bytes;
}
