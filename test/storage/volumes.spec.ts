import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

describe("volumes and mounts", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
    const folder = join(box.user.home, "d");
    mkdirSync(join(folder, "sub"), { recursive: true });
    writeFileSync(join(folder, "sub/file"), "from the host\n");
    symlinkSync("/etc", join(folder, "sub/evil"));
    spawnSync("chown", ["-R", `${box.user.uid}:${box.user.gid}`, folder]);
  });
  after(() => box[Symbol.asyncDispose]());

  const inBox = (...args: readonly string[]) => box.ok("run", "--rm", "--network", "none", ...args);
  const refused = async (status: number, says: RegExp, ...args: readonly string[]): Promise<void> => {
    const result = await box.wherry(args);
    assert.equal(result.status, status, result.stderr);
    assert.match(result.stderr, says);
  };

  it("are made, listed, inspected and removed", async () => {
    assert.equal(
      await box.ok("volume", "create", "--label", "team=web", "--uid", "7", "--gid", "8", "data"),
      "data",
    );
    assert.equal(await box.ok("volume", "ls", "-q", "--filter", "label=team=web"), "data");
    const shown = "{{.Name}} {{.Driver}} {{.UID}}:{{.GID}} {{.Labels.team}} {{.NeedsCopyUp}}";
    assert.equal(await box.ok("volume", "inspect", "-f", shown, "data"), "data local 7:8 web true");
    assert.equal(await inBox("-v", "data:/data", "bb", "stat", "-c", "%u:%g", "/data"), "7:8");
    await refused(
      125,
      /volume with name data already exists: volume already exists/,
      "volume",
      "create",
      "data",
    );
    await refused(125, /no such volume/, "volume", "inspect", "nosuch");
    assert.equal((await box.wherry(["volume", "exists", "data"])).status, 0);
    await box.ok("create", "--name", "user", "-v", "data:/data", "bb", "true");
    await refused(2, /volume data is being used by.*user/, "volume", "rm", "data");
    assert.equal(await box.ok("volume", "prune", "-f"), "");
    assert.equal(await box.ok("volume", "rm", "-f", "data"), "data");
    assert.equal(await box.ok("ps", "-aq"), "");
    assert.equal((await box.wherry(["volume", "exists", "data"])).status, 1);
  });

  it("take over what the image has there, with its owner, when they are new", async () => {
    const own = await inBox("bb", "stat", "-c", "%u:%g %a", "/tmp");
    const shown = await inBox("-v", "home:/tmp", "bb", "stat", "-c", "%u:%g %a", "/tmp");
    assert.equal(shown, own);
    assert.match(await inBox("-v", "conf:/etc", "bb", "ls", "/etc"), /^passwd$/m);
    assert.equal(
      await inBox("-v", "bare:/etc:nocopy", "bb", "sh", "-c", "ls /etc | grep -c passwd || true"),
      "0",
    );
    assert.equal(
      await inBox("-u", "1000:1000", "-v", "mine:/new", "bb", "stat", "-c", "%u:%g", "/new"),
      "1000:1000",
    );
  });

  it("of an image go with the container, unless another has borrowed them", async () => {
    await box.ok("create", "--name", "lender", "-v", "/own", "bb", "true");
    await box.ok("create", "--name", "borrower", "--volumes-from", "lender:ro", "bb", "touch", "/own/x");
    await box.ok("rm", "-v", "lender");
    const [volume = ""] = (await box.ok("volume", "ls", "-q", "--filter", "anonymous=true")).split("\n");
    assert.match(volume, /^[0-9a-f]{64}$/);
    const { status, stderr } = await box.wherry(["start", "-a", "borrower"]);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /Read-only file system/);
    await box.ok("rm", "-v", "borrower");
    assert.equal(await box.ok("volume", "ls", "-q", "--filter", "anonymous=true"), "");
  });

  const cases: readonly { what: string; args: readonly string[]; prints: string | RegExp }[] = [
    {
      what: "a tmpfs volume, with its size",
      args: [
        "--mount",
        "type=volume,src=scratch,dst=/s,volume-opt=type=tmpfs,volume-opt=o=size=1m",
        "bb",
      ].concat("sh", "-c", "grep ' /s ' /proc/mounts"),
      prints: /^tmpfs \/s tmpfs rw,.*size=1024k/,
    },
    {
      what: "a bind that is a volume's",
      args: [
        "--mount",
        "type=volume,src=site,dst=/s,volume-opt=type=none,volume-opt=o=bind,volume-opt=device=DIR/sub",
        "bb",
      ].concat("cat", "/s/file"),
      prints: "from the host",
    },
    {
      what: "an overlay, whose writes stay in the container",
      args: ["-v", "DIR:/d:O", "bb", "sh", "-c", "echo more >>/d/sub/file; cat /d/sub/file"],
      prints: "from the host\nmore",
    },
    {
      what: "part of an image",
      args: [
        "--mount",
        "type=image,src=bb,dst=/i,subpath=etc",
        "bb",
        "sh",
        "-c",
        "touch /i/x 2>&1; grep -c root /i/passwd",
      ],
      prints: /Read-only file system\n1$/,
    },
    {
      what: "an image that can be written to",
      args: ["--mount", "type=image,src=bb,dst=/i,rw", "bb", "sh", "-c", "touch /i/x; ls /i/x"],
      prints: "/i/x",
    },
    {
      what: "what fits a pattern",
      args: ["--mount", "type=glob,src=DIR/s*,dst=/g", "bb", "cat", "/g/sub/file"],
      prints: "from the host",
    },
    {
      what: "a devpts of its own",
      args: ["--mount", "type=devpts,dst=/p", "bb", "ls", "/p"],
      prints: "ptmx",
    },
  ];
  for (const { what, args, prints } of cases) {
    it(`mount ${what}`, async () => {
      const out = await inBox(...args.map((arg) => arg.replace("DIR", join(box.user.home, "d"))));
      if (typeof prints === "string") assert.equal(out, prints);
      else assert.match(out, prints);
      assert.equal(readFileSync(join(box.user.home, "d/sub/file"), "utf8"), "from the host\n");
    });
  }

  it("give the files to the container's user with :U", async () => {
    const folder = join(box.user.home, "given");
    mkdirSync(folder);
    writeFileSync(join(folder, "f"), "");
    spawnSync("chown", ["-R", `${box.user.uid}:${box.user.gid}`, folder]);
    assert.equal(
      await inBox("-u", "5:6", "-v", `${folder}:/g:U`, "bb", "stat", "-c", "%u:%g", "/g/f"),
      "5:6",
    );
    await inBox("-v", `${folder}:/g:U`, "bb", "true");
  });

  it("mount a part of a volume, but never what a link in it leads to outside", async () => {
    await inBox(
      "-v",
      "parts:/v",
      "bb",
      "sh",
      "-c",
      "mkdir -p /v/a/b; echo deep >/v/a/b/c; ln -s /etc/shadow /v/out; ln -s ../../.. /v/a/up",
    );
    const part = (subpath: string) => `type=volume,src=parts,dst=/x,subpath=${subpath}`;
    assert.equal(await inBox("--mount", part("a/b"), "bb", "cat", "/x/c"), "deep");
    assert.equal(await inBox("--mount", part("a/b/c"), "bb", "cat", "/x"), "deep");
    assert.equal(await inBox("--mount", part("a/up"), "bb", "ls", "/x"), "a\nout");
    const nothing = await box.wherry([
      "run",
      "--rm",
      "--network",
      "none",
      "--mount",
      part("out"),
      "bb",
      "cat",
      "/x",
    ]);
    assert.equal(nothing.status, 125);
    assert.match(nothing.stderr, /volume parts has no "out": no such file or directory/);
  });

  it("leave nothing in the store that nobody knows", async () => {
    await box.ok("rm", "-f", "-a", "-v");
    await box.ok("volume", "rm", "--all");
    assert.equal(await box.ok("system", "check"), "");
    const store = join(box.user.home, ".local/share/wherry");
    assert.deepEqual(existsSync(store) ? readdirSync(join(store, "staging")) : [], []);
    assert.deepEqual(readdirSync(join(store, "volumes")), []);
  });
});
