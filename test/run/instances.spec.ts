import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

describe("separate instances: global options and environment", function () {
  this.timeout(60_000);
  let box: Box;
  let global: readonly string[];
  const at = (name: string) => join(box.user.home, name);
  const give = async (path: string, text: string) => {
    writeFileSync(path, text);
    await box.user.run("true");
  };

  before(async () => {
    box = await openBox({ Cmd: ["sh"], Env: ["PATH=/bin"] });
    await box.ok("save", "-q", "--format", "oci-archive", "-o", at("bb.tar"), "bb");
    global = ["--root", at("r2"), "--runroot", at("run2"), "--volumepath", at("v2"), "--runtime", "runc"];
    await box.ok(...global, "load", "-q", "-i", at("bb.tar"));
  });
  after(() => box[Symbol.asyncDispose]());

  it("keeps images, containers, volumes and run-time state of each where it was told", async () => {
    await box.ok(
      ...global,
      "run",
      "-d",
      "--name",
      "x",
      "--network",
      "none",
      "-v",
      "data:/d",
      "bb",
      "sleep",
      "60",
    );
    assert.equal(await box.ok(...global, "exec", "x", "echo", "inside"), "inside");
    assert.equal(await box.ok(...global, "ps", "--format", "{{.Names}}"), "x");
    assert.equal(await box.ok("ps", "-a", "--format", "{{.Names}}"), "");
    assert.ok(
      existsSync(at("v2/data/_data")) && existsSync(at("run2/runc")) && existsSync(at("r2/oci-layout")),
    );
    const info = await box.ok(
      ...global,
      "info",
      "--format",
      "{{.Store.GraphRoot}} {{.Store.RunRoot}} {{.Store.VolumePath}}",
    );
    assert.equal(info, `${at("r2")} ${at("run2")} ${at("v2")}`);
    await box.ok(...global, "rm", "-f", "-t", "0", "x");
    assert.equal(existsSync(at("run2/runc/x")), false);
  });

  it("takes a runtime folder whose path is too long for sockets", async () => {
    const long = at("a".repeat(120));
    assert.equal(
      await box.ok("--runroot", long, "run", "--rm", "--network", "none", "bb", "echo", "hi"),
      "hi",
    );
  });

  it("reads containers.conf where the environment names it", async () => {
    await give(
      at("c.conf"),
      `[containers]\nenv = ["FROM_CONF=1"]\nshm_size = "3m"\n[engine]\nvolume_path = "${at("v3")}"\n`,
    );
    await give(at("o.conf"), `[containers]\nshm_size = "5m"\n`);
    const run = [
      "run",
      "--rm",
      "--network",
      "none",
      "-v",
      "named:/n",
      "bb",
      "sh",
      "-c",
      "echo $FROM_CONF; df -k /dev/shm",
    ];
    const env = { CONTAINERS_CONF: at("c.conf"), CONTAINERS_CONF_OVERRIDE: at("o.conf") };
    const { stdout, stderr } = await box.wherry(run, { env });
    assert.match(stdout, /^1\n[^]*\b5120\b/, stderr);
    assert.ok(existsSync(at("v3/named/_data")));
  });

  it("reads a module of containers.conf, and says which one is missing", async () => {
    const folder = at(".config/containers/containers.conf.modules");
    mkdirSync(folder, { recursive: true });
    await give(join(folder, "small"), `[containers]\nshm_size = "4m"\nlog_driver = "none"\n`);
    const run = ["run", "--rm", "--network", "none", "bb", "df", "-k", "/dev/shm"];
    assert.match(await box.ok("--module", "small", ...run), /\b4096\b/);
    assert.equal(await box.ok("--module=small", "info", "--format", "{{.Host.LogDriver}}"), "none");
    const { status, stderr } = await box.wherry(["--module", "nosuch", "ps"]);
    assert.equal(status, 125);
    assert.match(stderr, /^Error: could not resolve module "nosuch": there is no \S*\/nosuch, nor /);
  });

  it("warns once of each option that has no effect", async () => {
    const without = ["--imagestore", at("i"), "--transient-store", "--network-config-dir", at("n")];
    const { status, stdout, stderr } = await box.wherry([...without, "images", "-q"], {
      env: { CONTAINER_HOST: "unix:///nowhere.sock" },
    });
    assert.deepEqual([status, stdout.length], [0, 13]);
    const warned = stderr.trimEnd().split("\n");
    assert.equal(warned.length, 4, stderr);
    for (const line of warned) assert.match(line, /^time="[^"]+" level=warning msg=".*"$/);
    assert.equal(existsSync(at("i")), false);
  });

  it("keeps its store inside the folders of the storage.conf the environment names", async () => {
    await give(
      at("s.conf"),
      `[storage]\ndriver = "overlay"\ngraphroot = "${at("g")}"\nrunroot = "${at("gr")}"\n`,
    );
    const env = { CONTAINERS_STORAGE_CONF: at("s.conf") };
    const info = await box.wherry(["info", "--format", "{{.Store.GraphRoot}} {{.Store.RunRoot}}"], { env });
    assert.equal(info.stdout.trim(), `${at("g")}/wherry ${at("gr")}/wherry`);
  });

  it("finds short names in the registries.conf, folder and alias file it is told", async () => {
    await give(at("reg.conf"), `unqualified-search-registries = ["one.invalid"]\n`);
    mkdirSync(at("reg.d"), { recursive: true });
    await give(at("alias.conf"), `[aliases]\nboat = "alias.invalid/x/boat"\n`);
    const options = ["--registries-conf", at("reg.conf"), "--registries-conf-dir", at("reg.d")];
    const missing = await box.wherry([
      ...options,
      "--short-name-alias-conf",
      at("alias.conf"),
      "pull",
      "ship",
    ]);
    assert.match(missing.stderr, /Trying to pull one\.invalid\/ship:latest/);
    const alias = await box.wherry([...options, "--short-name-alias-conf", at("alias.conf"), "pull", "boat"]);
    assert.match(alias.stderr, /Trying to pull alias\.invalid\/x\/boat:latest/);
  });

  it("says plainly what a storage driver it does not have means", async () => {
    const { stderr, status } = await box.wherry(["images"], { env: { STORAGE_DRIVER: "vfs" } });
    assert.equal(status, 0);
    assert.match(stderr, /level=warning msg="storage driver \\"vfs\\" is not one of wherry's/);
    assert.equal(
      (await box.wherry(["--log-level", "error", "--storage-driver", "vfs", "images"])).stderr,
      "",
    );
    assert.equal((await box.wherry(["--storage-driver", "nope", "images"])).status, 125);
  });

  it("writes standard output to a file, or nowhere, the container's too", async () => {
    await box.ok("--out", at("out.txt"), "run", "--rm", "--network", "none", "bb", "echo", "to a file");
    assert.equal(readFileSync(at("out.txt"), "utf8"), "to a file\n");
    assert.equal(await box.ok("--noout", "images"), "");
  });

  it("runs the hooks of a folder", async () => {
    mkdirSync(at("hooks"));
    const hook = { path: "/usr/bin/touch", args: ["touch", at("hooked")] };
    await give(
      at("hooks/a.json"),
      JSON.stringify({ version: "1.0.0", hook, when: { always: true }, stages: ["createRuntime"] }),
    );
    await box.ok("--hooks-dir", at("hooks"), "run", "--rm", "--network", "none", "bb", "true");
    assert.ok(existsSync(at("hooked")));
  });

  it("tells every program it starts at level debug", async () => {
    const { stderr } = await box.wherry([
      "--log-level",
      "debug",
      "run",
      "--rm",
      "--network",
      "none",
      "bb",
      "true",
    ]);
    assert.match(stderr, /level=debug msg="running \[.*conmon/);
  });

  it("hands the options on to wherry-build", async () => {
    const { stdout, stderr } = await box.wherry([...global, "build", "--help"]);
    assert.match(stdout, /Build an image/, stderr);
  });
});
