import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import fc from "fast-check";
import { digestOf } from "../oci/index.ts";
import { findProgram, run } from "../process/index.ts";
import { TarWriter, type TarContent, type TarEntry } from "./index.ts";
import { formatHeader } from "./tar-format.ts";
import { readAllEntries } from "./testdata/read-all-entries.ts";

const FILE: TarEntry = { path: "f", type: "file", mode: 0o644, uid: 0, gid: 0, size: 0, mtime: 0 };

describe("formatHeader", () => {
  const cases: readonly { what: string; entry: Partial<TarEntry>; pax: readonly string[] }[] = [
    { what: "a plain file", entry: {}, pax: [] },
    { what: "a name of 100 bytes", entry: { path: "n".repeat(100) }, pax: [] },
    { what: "a name of 101 bytes without slash", entry: { path: "n".repeat(101) }, pax: ["path"] },
    {
      what: "a long name that fits prefix and name",
      entry: { path: `${"p".repeat(150)}/${"n".repeat(100)}` },
      pax: [],
    },
    {
      what: "a long directory that fits prefix and name",
      entry: { type: "directory", path: `${"p".repeat(150)}/n` },
      pax: [],
    },
    { what: "a prefix that is too long", entry: { path: `${"p".repeat(156)}/n` }, pax: ["path"] },
    {
      what: "a directory of 100 bytes, whose slash is too much",
      entry: { type: "directory", path: "n".repeat(100) },
      pax: ["path"],
    },
    { what: "a name that is not ASCII", entry: { path: "é" }, pax: ["path"] },
    { what: "a short name that is not UTF-8", entry: { path: "a\udcff" }, pax: [] },
    {
      what: "a long name that is not UTF-8",
      entry: { path: "\udcff".repeat(101) },
      pax: ["hdrcharset", "path"],
    },
    {
      what: "a link target of 101 bytes",
      entry: { type: "symlink", linkName: "t".repeat(101) },
      pax: ["linkpath"],
    },
    { what: "the largest octal owner", entry: { uid: 0o7777777, gid: 0o7777777 }, pax: [] },
    { what: "a larger owner", entry: { uid: 0o10000000 }, pax: ["uid"] },
    { what: "8 GiB less one", entry: { size: 2 ** 33 - 1 }, pax: [] },
    { what: "8 GiB", entry: { size: 2 ** 33 }, pax: ["size"] },
    { what: "whole seconds", entry: { mtime: 1_700_000_000, nanoseconds: 0 }, pax: [] },
    { what: "parts of seconds", entry: { mtime: 0.5 }, pax: ["mtime"] },
    { what: "the year 2400", entry: { mtime: 2 ** 33 }, pax: ["mtime"] },
    { what: "1969", entry: { mtime: -1 }, pax: ["mtime"] },
    {
      what: "xattrs, sorted",
      entry: {
        xattrs: new Map([
          ["user.b", Buffer.of(0)],
          ["user.a", Buffer.of(255)],
        ]),
      },
      pax: ["SCHILY.xattr.user.a", "SCHILY.xattr.user.b"],
    },
  ];
  for (const { what, entry, pax } of cases) {
    it(`needs ${pax.length === 0 ? "no PAX header" : pax.join(" and ")} for ${what}`, () => {
      const bytes = formatHeader({ ...FILE, ...entry });
      const text = bytes.subarray(512, -512).toString("latin1");
      assert.deepEqual(
        [...text.matchAll(/\d+ ([\w.]+)=/g)].map(([, key]) => key),
        pax,
      );
    });
  }

  const refused: readonly { what: string; entry: Partial<TarEntry> }[] = [
    { what: "a NUL in a name", entry: { path: "a\0b" } },
    { what: "an empty name", entry: { path: "" } },
    { what: "an empty link", entry: { type: "symlink", linkName: "" } },
    { what: "a negative size", entry: { size: -1 } },
    { what: "half an owner", entry: { uid: 0.5 } },
    { what: "no time", entry: { mtime: NaN } },
    {
      what: "an xattr whose name would be read otherwise",
      entry: { xattrs: new Map([["user.a=b", Buffer.of(1)]]) },
    },
  ];
  for (const { what, entry } of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => formatHeader({ ...FILE, ...entry }), { code: "ERR_WHERRY_INVALID_TAR" });
    });
  }
});

describe("TarWriter", () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "wherry-tar-"))));
  afterEach(() => rmSync(directory, { recursive: true }));

  const bytes = Buffer.from("some content that is longer than nothing");
  const entry = { ...FILE, size: bytes.length };
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 7) yield await Promise.resolve(bytes.subarray(at, at + 7));
  }

  it("takes content as bytes, path, descriptor and pieces, with equal results", async () => {
    const path = join(directory, "content");
    writeFileSync(path, bytes);
    const fd = openSync(path, "r");
    try {
      const contents: TarContent[] = [bytes, { path }, fd, pieces()];
      const archives = await Promise.all(contents.map((content) => archiveOf([[entry, content]])));
      for (const archive of archives) assert.deepEqual(archive, archives[0]);
      assert.deepEqual(readAllEntries(archives[0]?.archive ?? Buffer.alloc(0))[0]?.content, bytes);
    } finally {
      closeSync(fd);
    }
  });

  it("gives digest, size and number of entries, and writes the same into descriptors and streams", async () => {
    const path = join(directory, "archive.tar");
    const fd = openSync(path, "w");
    const writer = new TarWriter(fd);
    await writer.add(entry, bytes);
    await writer.add({ ...FILE, path: "d", type: "directory" });
    const written = await writer.finish();
    closeSync(fd);
    const onDisk = readFileSync(path);
    assert.deepEqual(written, { diffId: digestOf(onDisk), size: onDisk.length, entries: 2 });
    const { archive } = await archiveOf([
      [entry, bytes],
      [{ ...FILE, path: "d", type: "directory" }, undefined],
    ]);
    assert.ok(archive.equals(onDisk));
  });

  async function* early(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes.subarray(5));
  }
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield await Promise.resolve(bytes);
  }
  const wrong = [
    { what: "shorter bytes", content: () => bytes.subarray(1) },
    { what: "longer bytes", content: () => Buffer.concat([bytes, bytes]) },
    {
      what: "pieces that end early",
      content: () => early(),
    },
    {
      what: "pieces that do not end",
      content: () => endless(),
    },
    { what: "a shorter file", content: () => ({ path: join(directory, "short") }) },
  ];
  for (const { what, content } of wrong) {
    it(`refuses ${what}`, async () => {
      writeFileSync(join(directory, "short"), "x");
      await assert.rejects(archiveOf([[entry, content()]]), { code: "ERR_WHERRY_FILE_CHANGED" });
    });
  }

  it("waits for a slow stream, and fails with it", async () => {
    let held = 0;
    const slow = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, callback) {
        held = Math.max(held, slow.writableLength);
        setTimeout(() => callback(chunk.length < 200_000 ? new Error("full") : null), 1);
      },
    });
    slow.on("error", () => undefined);
    const writer = new TarWriter(slow);
    const size = 4 * 1024 * 1024;
    await writer.add({ ...FILE, size }, Buffer.alloc(size));
    assert.ok(held <= 512 * 1024, `${held} bytes were waiting`);
    await assert.rejects(async () => {
      await writer.finish();
      await writer.add({ ...FILE, size }, Buffer.alloc(size));
    }, /full/);
  });

  it("gives every entry back as it was", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(anyEntry(), fc.uint8Array({ maxLength: 2000 })), { maxLength: 5 }),
        fc.integer({ min: 1, max: 2000 }),
        async (list, pieceSize) => {
          const members = list.map(([made, content]): [TarEntry, Uint8Array] => [
            { ...made, size: made.type === "file" ? content.length : 0 },
            content,
          ]);
          const { archive } = await archiveOf(members);
          const found = readAllEntries(archive, pieceSize);
          assert.deepEqual(
            found.map((member) => comparable(member.entry)),
            members.map((member) => comparable(member[0])),
          );
          for (const [index, member] of found.entries()) {
            const [made, content] = members[index] ?? [];
            assert.deepEqual(
              member.content,
              Buffer.from(made?.type === "file" && content !== undefined ? content : []),
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("is read alike by GNU tar", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEntry({ asciiNames: true }), { maxLength: 6 }), async (entries) => {
        const { archive } = await archiveOf(entries.map((made) => [{ ...made, size: 0 }, undefined]));
        const { stdout } = await run(
          "tar",
          ["-tvf", "-", "--numeric-owner", "--full-time", "--quoting-style=escape"],
          {
            input: archive,
            env: { PATH: process.env["PATH"], TZ: "UTC", LC_ALL: "C.UTF-8" },
            okStatus: [0, 2],
          },
        );
        const lines = stdout
          .toString()
          .split("\n")
          .filter((line) => line !== "");
        assert.deepEqual(
          lines.map((line) => line.split(/\s+/)[1]),
          entries.map(({ uid, gid }) => `${uid}/${gid}`),
        );
        assert.deepEqual(
          lines.map((line) => "-hlcbdp".includes(line[0] ?? "?")),
          entries.map(() => true),
        );
        for (const [index, made] of entries.entries())
          assert.ok(lines[index]?.includes(made.path.split("/").at(-1) ?? "?"), lines[index]);
      }),
      { numRuns: 25 },
    );
  });

  it("is read alike by Python's tarfile (skipped where there is no python3)", async function () {
    const python = findProgram("python3", process.env["PATH"]);
    if (python === undefined) this.skip();
    const script =
      "import sys,tarfile,json\nfor path in sys.argv[1:]:\n  print(json.dumps([[m.name,m.mode,m.uid,m.gid,m.size,int(m.mtime//1),m.linkname] for m in tarfile.open(path)]))";
    const folder = mkdtempSync(join(tmpdir(), "wherry-tars-"));
    try {
      const samples = fc.sample(fc.array(anyEntry({ asciiNames: true }), { maxLength: 6 }), 30);
      const paths = samples.map((_, index) => join(folder, `${index}.tar`));
      for (const [index, entries] of samples.entries()) {
        const { archive } = await archiveOf(entries.map((made) => [{ ...made, size: 0 }, undefined]));
        writeFileSync(paths[index] ?? "", archive);
      }
      const { stdout } = await run(python, ["-c", script, ...paths]); // once: each start of Python takes long
      const read = stdout.toString().trimEnd().split("\n");
      const expected = samples.map((entries) =>
        entries.map(({ path, mode, uid, gid, mtime, linkName = "" }) => [
          path,
          mode,
          uid,
          gid,
          0,
          Math.floor(mtime),
          linkName,
        ]),
      );
      assert.deepEqual(
        read.map((line) => JSON.parse(line) as unknown),
        expected,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is read alike by tar-stream, where that is right", async () => {
    const tarStream = await import("tar-stream");
    const entries: TarEntry[] = [
      { ...FILE, path: `${"long/".repeat(60)}é`, mode: 0o4755, mtime: 1_700_000_000 },
      { ...FILE, path: "link", type: "symlink", linkName: "t".repeat(150) },
      { ...FILE, path: "dir", type: "directory", mode: 0o1777 },
    ];
    const { archive } = await archiveOf(entries.map((made) => [made, undefined]));
    const found: unknown[] = [];
    const reading = tarStream.extract();
    reading.end(archive);
    for await (const { header } of reading)
      found.push([header.name.replace(/\/$/, ""), header.type, header.mode, header.linkname]);
    assert.deepEqual(
      found,
      entries.map(({ path, type, mode, linkName }) => [path, type, mode, linkName ?? null]),
    );
  });
});

async function archiveOf(
  members: readonly (readonly [TarEntry, TarContent | undefined])[],
): Promise<{ archive: Buffer; diffId: string }> {
  const stream = new PassThrough({ highWaterMark: 2 ** 30 });
  const writer = new TarWriter(stream);
  for (const [entry, content] of members) await writer.add(entry, content);
  const { diffId } = await writer.finish();
  stream.end();
  return { archive: Buffer.concat((await stream.toArray()) as Buffer[]), diffId };
}

/** Any entry that a layer may hold; sizes are for the caller to set. */
function anyEntry({ asciiNames = false } = {}): fc.Arbitrary<TarEntry> {
  const letters = asciiNames ? ["a", "b", "-", "."] : ["a", "é", "\udcff", " ", "\n", "日", "😀", "\\"];
  const name = fc
    .string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 120 })
    .map((text) => `n${text}n`);
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
  const id = fc.oneof(fc.nat(2000), fc.constantFrom(0o7777777, 0o10000000, 3_000_000, 2 ** 32 - 2));
  const time = fc.record({
    mtime: asciiNames ? fc.nat(2 ** 32) : fc.integer({ min: -(2 ** 33), max: 2 ** 34 }),
    nanoseconds: fc.oneof(fc.constant(0), fc.nat(999_999_999)),
  });
  const base = fc.record({ path, mode: fc.nat(0o7777), uid: id, gid: id });
  const device = fc.record({ major: fc.nat(4095), minor: fc.nat(2 ** 20 - 1) }, { noNullPrototype: true });
  const value = fc
    .uint8Array({ maxLength: 80 })
    .filter((bytes) => bytes.length > 0)
    .map((bytes) => Buffer.from(bytes));
  const xattrs = asciiNames
    ? fc.constant(undefined)
    : fc.option(
        fc
          .uniqueArray(fc.tuple(fc.constantFrom("user.a", "user.ü b", "security.capability"), value), {
            selector: ([key]) => key,
            minLength: 1,
          })
          .map((list) => new Map(list)),
        { nil: undefined },
      );
  const rest = fc.oneof(
    fc.constantFrom<Partial<TarEntry> & { type: TarEntry["type"] }>(
      { type: "file" },
      { type: "directory" },
      { type: "fifo" },
    ),
    fc
      .tuple(fc.constantFrom("symlink" as const, "link" as const), path)
      .map(([type, linkName]) => ({ type, linkName })),
    fc
      .tuple(fc.constantFrom("character" as const, "block" as const), device)
      .map(([type, numbers]) => ({ type, device: numbers })),
  );
  return fc.tuple(base, time, xattrs, rest).map(([fields, { mtime, nanoseconds }, attributes, kind]) => ({
    ...fields,
    size: 0,
    mtime: mtime + nanoseconds / 1e9,
    nanoseconds,
    ...kind,
    ...(attributes === undefined ? undefined : { xattrs: attributes }),
  }));
}

/** An entry with its time said in one way. */
function comparable({ mtime, nanoseconds, ...rest }: TarEntry): object {
  return { ...rest, time: `${Math.round(mtime - (nanoseconds ?? 0) / 1e9)} s ${nanoseconds ?? 0} ns` };
}
