import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { digestOf, type Compression } from "../oci/index.ts";
import { applyLayer, type AppliedLayer } from "./index.ts";
import { asRoot, whyNotRoot } from "./testdata/as-root.ts";
import { rawEntry, rawPax, rawTar } from "./testdata/raw-tar.ts";
import type { Described } from "./testdata/tasks.ts";

const PACK: Readonly<Record<Compression, (bytes: Buffer) => Buffer>> = {
  none: (bytes) => bytes,
  gzip: (bytes) => gzipSync(bytes, { level: 1 }),
  zstd: (bytes) => zstdCompressSync(bytes),
};

describe("applyLayer", () => {
  let directory: string;
  let target: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "wherry-apply-"));
    target = join(directory, "target");
    mkdirSync(target);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  async function apply(archive: Buffer, compression: Compression = "none"): Promise<AppliedLayer> {
    const blob = join(directory, "blob");
    writeFileSync(blob, PACK[compression](archive));
    return applyLayer({ blob, compression, target });
  }
  const applied = async (...parts: readonly Buffer[]): Promise<Record<string, Described>> => {
    await apply(rawTar(...parts));
    return asPlainUser(target);
  };

  for (const compression of ["none", "gzip", "zstd"] as const) {
    it(`gives diffID, size and number of entries of a layer that is ${compression === "none" ? "not compressed" : compression}`, async () => {
      const big = Buffer.alloc(3_000_000, "0123456789abcdef-");
      const archive = Buffer.concat([
        rawTar(rawEntry({ name: "a" }, big), rawEntry({ name: "b" })),
        Buffer.alloc(9000),
      ]);
      const result = await apply(archive, compression);
      assert.deepEqual(result, { diffId: digestOf(archive), size: archive.length, entries: 2, skipped: [] });
      assert.ok(readFileSync(join(target, "a")).equals(big));
    });
  }

  it("keeps modes whatever the umask is, set-id and sticky bits too", async () => {
    const umask = process.umask(0o077);
    try {
      const found = await applied(
        rawEntry({ name: "tmp/", flag: "5", mode: 0o1777 }),
        rawEntry({ name: "tmp/su", mode: 0o6755 }, "x"),
        rawEntry({ name: "none", mode: 0o400 }, ""),
        rawEntry({ name: "closed/", flag: "5", mode: 0o555 }),
        rawEntry({ name: "closed/in", mode: 0o666 }, ""),
      );
      chmodSync(join(target, "closed"), 0o755); // so that it can be removed
      const modes = Object.fromEntries(Object.entries(found).map(([name, { mode }]) => [name, mode]));
      assert.deepEqual(modes, {
        tmp: "1777",
        "tmp/su": "6755",
        none: "400",
        closed: "555",
        "closed/in": "666",
      });
    } finally {
      process.umask(umask);
    }
  });

  it("keeps times of everything to the nanosecond, before 1970 too", async () => {
    const exact = rawPax({ mtime: "1700000000.123456789" });
    const found = await applied(
      rawPax({ mtime: "-5.5" }),
      rawEntry({ name: "d/", flag: "5", mode: 0o755 }),
      exact,
      rawEntry({ name: "d/exact" }, "x"),
      exact,
      rawEntry({ name: "d/link", flag: "2", linkName: "nowhere" }),
      rawEntry({ name: "d/whole", mtime: 1_600_000_000 }, "x"),
      rawEntry({ name: "d/wholelink", flag: "2", linkName: "nowhere", mtime: 5 }),
    );
    const times = Object.fromEntries(Object.entries(found).map(([name, { mtime }]) => [name, mtime]));
    assert.deepEqual(times, {
      d: "-5500000000",
      "d/exact": "1700000000123456789",
      "d/link": "1700000000123456789",
      "d/whole": "1600000000000000000",
      "d/wholelink": "5000000000",
    });
  });

  it("keeps xattrs as bytes, and drops those of overlay and SELinux", async () => {
    const value = Buffer.from([0, 0xff, 0x80, 0x0a]);
    const records = {
      "SCHILY.xattr.user.a": value,
      "SCHILY.xattr.user.overlay.opaque": "y",
      "SCHILY.xattr.security.selinux": "x",
    };
    const found = await applied(
      rawPax(records),
      rawEntry({ name: "f" }),
      rawPax(records),
      rawEntry({ name: "d/", flag: "5", mode: 0o755 }),
    );
    assert.deepEqual(
      [found["f"]?.xattrs, found["d"]?.xattrs],
      [{ "user.a": "00ff800a" }, { "user.a": "00ff800a" }],
    );
  });

  it("makes hard links, to symbolic links too", async () => {
    const found = await applied(
      rawEntry({ name: "a" }, "x"),
      rawEntry({ name: "d/b", flag: "1", linkName: "./a" }),
      rawEntry({ name: "s", flag: "2", linkName: "a" }),
      rawEntry({ name: "t", flag: "1", linkName: "/s" }),
      rawEntry({ name: "a", flag: "1", linkName: "a" }),
    );
    assert.deepEqual(
      [found["a"]?.links, found["d/b"]?.content, found["s"]?.links, found["t"]?.link],
      [2, "x", 2, "a"],
    );
  });

  it("makes sparse files sparse", async () => {
    const found = await applied(
      rawPax({ "GNU.sparse.size": "50000000", "GNU.sparse.map": "20000000,1", "GNU.sparse.name": "s" }),
      rawEntry({ name: "s" }, "x"),
    );
    assert.ok((found["s"]?.blocks ?? Infinity) < 100);
  });

  it("makes fifos, and leaves out devices where they cannot be made, with the links to them", async () => {
    const blob = join(directory, "blob");
    writeFileSync(
      blob,
      rawTar(
        rawEntry({ name: "p", flag: "6", mode: 0o666 }),
        rawEntry({ name: "zero", flag: "3", device: [0, 0] }),
        rawEntry({ name: "link", flag: "1", linkName: "zero" }),
        rawEntry({ name: "zero2" }, "x"),
      ),
    );
    const { skipped } = await applyLayer({ blob, compression: "none", target });
    const found = await asPlainUser(target);
    assert.deepEqual(skipped, ["zero (device)", "link (device)"]);
    assert.deepEqual(Object.keys(found), ["p", "zero2"]);
    assert.deepEqual([found["p"]?.type, found["p"]?.mode], ["fifo", "666"]);
  });

  it("makes directories that no entry describes like podman does", async () => {
    const found = await applied(rawEntry({ name: "a/b/file", mtime: 7 }, "x"));
    assert.deepEqual(
      [found["a"]?.mode, found["a/b"]?.mode, found["a/b"]?.mtime],
      ["755", "755", "7000000000"],
    );
  });

  it("keeps names that are not UTF-8", async () => {
    const found = await applied(
      rawEntry({ name: Buffer.from("d\xff/", "latin1"), flag: "5", mode: 0o755 }),
      rawPax({ mtime: "1.5" }),
      rawEntry({ name: Buffer.from("d\xff/f\xe9", "latin1") }, "x"),
      rawEntry({ name: Buffer.from("d\xff", "latin1") }, "now a file"),
    );
    assert.deepEqual(Object.keys(found), ["d\xff"]);
  });

  const replacements = [
    { before: "file", after: "file", kept: false },
    { before: "file", after: "directory", kept: false },
    { before: "directory", after: "file", kept: false },
    { before: "directory", after: "symlink", kept: false },
    { before: "directory", after: "directory", kept: true },
    { before: "symlink", after: "directory", kept: false },
    { before: "symlink", after: "file", kept: false },
  ] as const;
  for (const { before, after, kept } of replacements) {
    it(`lets a later ${after} ${kept ? "join" : "replace"} a ${before} of the same name`, async () => {
      const entryOf = (type: "file" | "directory" | "symlink", mode: number): Buffer => {
        if (type === "directory") return rawEntry({ name: "x/", flag: "5", mode });
        return type === "file"
          ? rawEntry({ name: "x", mode }, "content")
          : rawEntry({ name: "x", flag: "2", linkName: "keep" });
      };
      const found = await applied(
        rawEntry({ name: "keep" }, "kept"),
        entryOf(before, 0o700),
        ...(before === "directory" ? [rawEntry({ name: "x/in" }, "")] : []),
        entryOf(after, 0o750),
        rawEntry({ name: after === "directory" ? "x/new" : "other" }, ""),
      );
      assert.equal(found["x"]?.type, after);
      if (after !== "symlink") assert.equal(found["x"].mode, "750");
      assert.equal(found["x/in"] !== undefined, kept);
      assert.equal(found["keep"]?.content, "kept");
    });
  }

  it("fails when an owner cannot be given, and names it", async function () {
    if (process.geteuid?.() === 0) this.skip(); // root can give any owner
    await assert.rejects(apply(rawTar(rawEntry({ name: "f", uid: 3_000_000 }))), {
      code: "ERR_WHERRY_ENTRY_OWNER",
      message: /"f" to 3000000:/,
    });
  });

  it("keeps to its limits", async () => {
    const archive = rawTar(rawEntry({ name: "a" }), rawEntry({ name: "b" }));
    const blob = join(directory, "blob");
    writeFileSync(blob, gzipSync(Buffer.concat([archive, Buffer.alloc(50_000_000)])));
    const options = { blob, compression: "gzip", target } as const;
    const code = "ERR_WHERRY_LAYER_TOO_LARGE";
    await assert.rejects(applyLayer({ ...options, limits: { entries: 1 } }), { code, message: /1 entries/ });
    await assert.rejects(applyLayer({ ...options, limits: { size: 1_000_000 } }), {
      code,
      message: /1000000 bytes/,
    });
  });

  it("says which entry it cannot write, and why", async () => {
    rmSync(target, { recursive: true });
    for (const name of ["f", "d/f"]) {
      await assert.rejects(apply(rawTar(rawEntry({ name }))), {
        code: "ERR_WHERRY_FILE_SYSTEM",
        message: `cannot unpack ${name}: no such file or directory`,
      });
    }
  });

  it("says which blob it cannot read", async () => {
    for (const compression of ["none", "gzip"] as const) {
      await assert.rejects(applyLayer({ blob: join(directory, "missing"), compression, target }), {
        code: "ERR_WHERRY_FILE_SYSTEM",
        message: /cannot read .*missing: no such file/,
      });
    }
  });
});

describe("applyLayer as root of a user namespace (skipped without sub-ids)", () => {
  let directory: string;
  let target: string;
  before(async function () {
    this.timeout(20_000);
    if ((await whyNotRoot()) !== undefined) this.skip();
  });
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "wherry-apply-"));
    target = join(directory, "target");
    mkdirSync(target);
  });
  afterEach(() => asRoot("remove", { path: directory }));

  async function applied(
    ...parts: readonly Buffer[]
  ): Promise<{ found: Record<string, Described>; skipped: readonly string[] }> {
    const blob = join(directory, "blob");
    writeFileSync(blob, rawTar(...parts));
    const { skipped } = await asRoot("apply", { blob, compression: "none", target });
    return { found: await asRoot("describe", { root: target }), skipped };
  }
  const root = { uid: 0, gid: 0 };

  it("keeps owners, also of set-id files and of what has file capabilities", async () => {
    const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
    const { found } = await applied(
      rawEntry({ name: "d/", flag: "5", uid: 33, gid: 44, mode: 0o2755 }),
      rawEntry({ name: "d/f", ...root }, "x"),
      rawEntry({ name: "d/g", uid: 1000, gid: 1000, mode: 0o6755 }, "x"),
      rawEntry({ name: "d/l", flag: "2", linkName: "f", uid: 7, gid: 8 }),
      rawPax({ "SCHILY.xattr.security.capability": capability }),
      rawEntry({ name: "ping", ...root, mode: 0o755 }, "x"),
    );
    const owners = Object.fromEntries(
      Object.entries(found).map(([name, { owner, mode }]) => [name, `${owner} ${mode}`]),
    );
    assert.deepEqual(owners, {
      d: "33:44 2755",
      "d/f": "0:0 644",
      "d/g": "1000:1000 6755",
      "d/l": "7:8 777",
      ping: "0:0 755",
    });
    assert.deepEqual(found["ping"]?.xattrs, { "security.capability": capability.toString("hex") });
  });

  it("makes whiteouts and opaque directories in overlay's format, for lower layers only", async () => {
    const { found } = await applied(
      rawEntry({ name: "etc/.wh.motd", ...root }),
      rawEntry({ name: "var/.wh..wh..opq", ...root }),
      rawEntry({ name: "var/new", ...root }),
      rawEntry({ name: "again/", flag: "5", ...root, mode: 0o700 }),
      rawEntry({ name: ".wh.again", ...root }),
      rawEntry({ name: ".wh.file", ...root }),
      rawEntry({ name: "file", ...root }, "new"),
      rawEntry({ name: ".wh..wh.aufs", ...root }, "ignored"),
      rawEntry({ name: ".wh..wh.plnk/1.2", ...root }, "ignored"),
    );
    assert.deepEqual(Object.keys(found), ["again", "etc", "etc/motd", "file", "var", "var/new"]);
    assert.deepEqual([found["etc/motd"]?.type, found["etc/motd"]?.device], ["character", "0"]);
    assert.deepEqual(found["var"]?.xattrs, { "user.overlay.opaque": "79" });
    assert.deepEqual(found["again"]?.xattrs, { "user.overlay.opaque": "79" });
    assert.equal(found["file"]?.content, "new");
  });

  it("makes device nodes as root of the machine only, as podman does", async () => {
    const { found, skipped } = await applied(rawEntry({ name: "null", flag: "3", ...root, device: [1, 3] }));
    if (skipped.length === 0)
      assert.deepEqual([found["null"]?.type, found["null"]?.device], ["character", "259"]);
    else assert.deepEqual([found, skipped], [{}, ["null (device)"]]);
  });

  it("gives what a native overlay mount shows as the files of both layers (skipped where it cannot mount)", async function () {
    await asRoot("make", {
      root: directory,
      files: {
        lower: { type: "directory" },
        "lower/gone": { type: "file" },
        "lower/d": { type: "directory" },
        "lower/d/hidden": { type: "file" },
        "lower/d2": { type: "directory" },
        "lower/d2/seen": { type: "file" },
      },
    });
    await applied(
      rawEntry({ name: ".wh.gone", ...root }),
      rawEntry({ name: "d/.wh..wh..opq", ...root }),
      rawEntry({ name: "d/new", ...root }),
      rawEntry({ name: "d2/new", ...root }),
    );
    // a namespace of its own, so that the mount goes with it
    const command =
      "unshare -m sh -ec 'mkdir merged && { mount -t overlay -o userxattr,lowerdir=target:lower overlay merged || exit 77; } && cd merged && find . | sort'";
    let output: string;
    try {
      output = await asRoot("shell", { command: `cd "$1" && ${command}`, args: [directory] });
    } catch (error) {
      if (/status 77/.test(String(error))) this.skip();
      throw error;
    }
    assert.deepEqual(output.trim().split("\n"), [".", "./d", "./d/new", "./d2", "./d2/new", "./d2/seen"]);
  });
});

/** What is in a tree whose files are all of this user. */
async function asPlainUser(root: string): Promise<Record<string, Described>> {
  const { TASKS } = await import("./testdata/tasks.ts");
  return TASKS.describe({ root });
}
