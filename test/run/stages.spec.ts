import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { openBox, type Box } from "../support/box.ts";

const FOR_EVER = ["sh", "-c", "while :; do sleep 0.1; done"];

describe("the stages of a container's life", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());

  const status = (name: string) => box.ok("inspect", "-f", "{{.State.Status}}", name);
  const refused = async (says: RegExp, ...args: readonly string[]): Promise<void> => {
    const { status: code, stderr } = await box.wherry(args);
    assert.notEqual(code, 0);
    assert.match(stderr, says);
  };

  it("init makes all but the program, which start runs", async () => {
    await box.ok("create", "--name", "made", "--network", "none", "bb", "sh", "-c", "echo started; exit 3");
    assert.equal(await box.ok("init", "made"), "made");
    assert.equal(await status("made"), "initialized");
    assert.match(await box.ok("ps", "-a", "--format", "{{.Status}}"), /^Initialized/);
    assert.equal(await box.ok("logs", "made"), "");
    await refused(/it is initialized: container state improper/, "init", "made");
    const { status: code, stdout } = await box.wherry(["start", "-a", "made"]);
    assert.deepEqual([code, stdout], [3, "started\n"]);
    assert.equal(await box.ok("wait", "made"), "3");
    await box.ok("init", "made");
    await box.ok("rm", "made");
    const events = await box.ok(
      "events",
      "--stream=false",
      "--filter",
      "container=made",
      "--format",
      "{{.Status}}",
    );
    assert.equal(events, "create\ninit\nstart\nattach\ndied\ninit\nremove");
  });

  it("wait waits for any of the states, also of a container that is removed", async () => {
    const waiting = box.ok("wait", "--condition", "running", "--interval", "10ms", "late").catch(String);
    assert.match(await waiting, /no such container/);
    await box.ok("create", "--name", "late", "--network", "none", "bb", ...FOR_EVER);
    const running = box.ok("wait", "--condition", "running", "--condition", "paused", "late");
    await box.ok("start", "late");
    assert.equal(await running, "-1");
    await box.ok("rm", "-f", "-t", "0", "late");
    await box.ok(
      "run",
      "-d",
      "--rm",
      "--name",
      "gone",
      "--network",
      "none",
      "bb",
      "sh",
      "-c",
      "sleep 1; exit 7",
    );
    assert.equal(await box.ok("wait", "gone"), "7");
    await refused(/"asleep" is not a valid value/, "wait", "--condition", "asleep", "gone");
  });

  it("clone makes another with the same settings, and may take the place of the first", async () => {
    await box.ok(
      "create",
      "--name",
      "first",
      "--label",
      "a=b",
      "-v",
      "shared:/s",
      "--env",
      "X=1",
      "bb",
      "true",
    );
    const id = await box.ok("container", "clone", "first");
    assert.match(id, /^[0-9a-f]{64}$/);
    const shown = "{{.Name}} {{.Config.Labels.a}} {{(index .Mounts 0).Name}} {{.Config.Hostname}}";
    assert.equal(await box.ok("inspect", "-f", shown, id), `first-clone b shared ${id.slice(0, 12)}`);
    assert.equal(
      await box.ok("inspect", "-f", "{{.Name}}", await box.ok("container", "clone", "first")),
      "first-clone1",
    );
    await refused(/"first-clone" is already in use/, "container", "clone", "first", "first-clone");
    await box.ok("container", "clone", "--destroy", "--run", "--name", "third", "first");
    await refused(/no such container/, "container", "inspect", "first");
    assert.equal(await box.ok("wait", "third"), "0");
    await box.ok("rm", "-a");
  });

  it("cleanup removes what a run has left, and nothing that runs", async () => {
    await box.ok("run", "-d", "--name", "lives", "--network", "none", "bb", ...FOR_EVER);
    await refused(/it is running: container state improper/, "container", "cleanup", "lives");
    const bundle = (await box.ok("inspect", "-f", "{{.OCIConfigPath}}", "lives")).replace(
      /\/config.json$/,
      "",
    );
    await box.ok("stop", "-t", "0", "lives");
    assert.ok(existsSync(bundle));
    assert.equal(await box.ok("container", "cleanup", "--stopped-only", "lives"), "lives");
    assert.ok(!existsSync(bundle));
    await box.ok("start", "lives");
    await box.ok("stop", "-t", "0", "lives");
    await box.ok("container", "cleanup", "--rm", "lives");
    assert.equal(await box.ok("ps", "-aq"), "");
  });

  it("rm --depend removes those that require it too", async () => {
    await box.ok("create", "--name", "base", "bb", "true");
    await box.ok("create", "--name", "middle", "--requires", "base", "bb", "true");
    await box.ok("create", "--name", "top", "--requires", "middle", "bb", "true");
    await refused(/no such container/, "create", "--requires", "nosuch", "bb", "true");
    await refused(/has dependent containers which must be removed before it/, "rm", "base");
    assert.equal((await box.ok("rm", "--depend", "base")).split("\n").length, 3);
    await box.ok("create", "--name", "owner", "--network", "none", "bb", ...FOR_EVER);
    await box.ok("create", "--name", "guest", "--network", "container:owner", "bb", ...FOR_EVER);
    await box.ok("rename", "owner", "host");
    await refused(/has dependent containers which must be removed before it/, "rm", "-f", "host");
    await box.ok("start", "guest");
    assert.equal(await box.ok("ps", "--format", "{{.Names}}", "--sort", "names"), "guest\nhost");
    assert.equal((await box.ok("rm", "-f", "-t", "0", "host", "guest")).split("\n").length, 2);
    await box.ok("create", "--name", "owner", "--network", "none", "bb", "true");
    await box.ok("create", "--name", "guest", "--network", "container:owner", "bb", "true");
    assert.equal((await box.ok("container", "prune", "-f")).split("\n").length, 2);
    assert.equal(await box.ok("ps", "-aq"), "");
  });

  it("mount shows the files of a container within unshare", async () => {
    await box.ok("run", "--name", "files", "--network", "none", "bb", "sh", "-c", "echo here >/made");
    await refused(/wherry unshare/, "mount", "files");
    const script = [
      'folder=$(wherry mount files) && cat "$folder/made" && echo more >"$folder/added"',
      "wherry mount | wc -l && wherry umount files && wherry mount | wc -l",
    ].join(" && ");
    assert.equal(await box.ok("unshare", "sh", "-c", script), "here\n1\nfiles\n0");
    assert.match(await box.ok("diff", "files"), /^A \/added$/m);
  });

  it("image mount and volume mount show files within unshare", async () => {
    await refused(/wherry unshare/, "image", "mount", "bb");
    await refused(/wherry unshare/, "volume", "mount", "nosuch");
    await box.ok("volume", "create", "plain");
    await box.ok("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m", "quick");
    const script = [
      'image=$(wherry image mount bb) && ls "$image/bin/busybox" && ! touch "$image/x" 2>/dev/null',
      "wherry image mount && wherry image umount bb && wherry image mount && ! wherry image unmount bb",
      'touch "$(wherry volume mount plain)/x" && stat -f -c %T "$(wherry volume mount quick)"',
      "wherry volume unmount plain quick && ! wherry volume umount quick",
    ].join(" && ");
    const { status: code, stdout, stderr } = await box.wherry(["unshare", "sh", "-c", script]);
    assert.equal(code, 0, stderr);
    const [id = ""] = /^[0-9a-f]{64}$/m.exec(stdout) ?? [];
    const root = `${box.user.home}/.local/share/wherry/image-mounts`;
    const at = `${root}/${id}/rootfs`;
    const listed = `localhost/bb:latest ${at}`;
    assert.equal(stdout, [`${at}/bin/busybox`, listed, id, "tmpfs", "plain", "quick", ""].join("\n"));
    assert.match(
      stderr,
      /image localhost\/bb:latest is not mounted here[^]*volume quick is not mounted here/,
    );
    assert.deepEqual(readdirSync(root), [], "nothing is left");
  });
});
