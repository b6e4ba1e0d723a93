import assert from "node:assert/strict";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { monotonicMs } from "@wherry/core/io";
import { openBox, type Box } from "../support/box.ts";
import { openNotifySocket } from "../support/notify-socket.ts";

describe("what comes with a container's start and end", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());
  afterEach(async () => {
    await box.wherry(["rm", "-f", "-a"]);
  });

  const create = (name: string, ...flags: readonly string[]) =>
    box.ok("create", "--name", name, "--network", "none", ...flags, "bb", "sleep", "100");
  const inspect = (name: string, format: string) => box.ok("inspect", "--format", format, name);

  it("kills a container when its time is over", async () => {
    const begin = monotonicMs();
    const { status } = await box.wherry(["run", "--network", "none", "--timeout", "1", "bb", "sleep", "20"]);
    assert.notEqual(status, 0);
    assert.ok(monotonicMs() - begin < 10_000);
  });

  it("writes the pids of the container and its monitor, of each start anew", async () => {
    const files = ["pid", "monitor"].map((name) => join(box.user.home, name));
    const [pidFile = "", monitorFile = ""] = files;
    await create("pids", "--pidfile", pidFile, "--conmon-pidfile", monitorFile, "--stop-timeout", "0");
    for (const verb of ["start", "restart"]) {
      await box.ok(verb, "pids");
      const written = files.map((file) => readFileSync(file, "utf8")).join(" ");
      assert.equal(written, await inspect("pids", "{{.State.Pid}} {{.State.ConmonPid}}"));
    }
  });

  it("leaves nothing running when a pid file cannot be written", async () => {
    await create("pids", "--pidfile", "/nowhere/pid");
    const { status, stderr } = await box.wherry(["start", "pids"]);
    assert.equal(status, 125);
    assert.match(stderr, /write \/nowhere\/pid: no such file or directory/);
    assert.equal(await inspect("pids", "{{.State.Status}}"), "created");
  });

  it("starts what a container requires, and removes it only after", async () => {
    await create("low");
    await create("middle", "--requires", "low");
    await create("high", "--requires", "middle");
    await box.ok("start", "high");
    assert.equal(await inspect("low", "{{.State.Status}}"), "running");
    const { status, stderr } = await box.wherry(["rm", "-f", "low"]);
    assert.notEqual(status, 0);
    assert.match(stderr, /container low has dependent containers/);
    assert.equal(await inspect("low", "{{.State.Status}}"), "running");
    await box.ok("rm", "-f", "low", "middle", "high");
    assert.equal(await box.ok("ps", "-aq"), "");
  });

  it("works on the containers that fit a filter", async () => {
    for (const name of ["red", "blue"]) await create(name, "--label", `colour=${name}`);
    await box.ok("start", "--filter", "label=colour=red");
    const states = () => box.ok("ps", "-a", "--format", "{{.Names}} {{.State}}");
    assert.equal(await states(), "red running\nblue created");
    await box.ok("rm", "-f", "--filter", "status=created");
    assert.equal(await states(), "red running");
    await box.ok("pause", "--filter", "label=colour=red");
    assert.equal(await states(), "red paused");
    await box.ok("unpause", "--filter", "label=colour=red");
    await create("idle");
    await box.ok("restart", "--running", "-t", "0");
    assert.equal(await states(), "red running\nidle created");
    const { status, stderr } = await box.wherry(["stop", "--filter", "name=red", "red"]);
    assert.equal(status, 125);
    assert.match(stderr, /--filter and containers cannot be used together/);
  });

  it("refuses to require what is not there", async () => {
    const { status, stderr } = await box.wherry(["create", "--requires", "nobody", "bb"]);
    assert.equal(status, 125);
    assert.match(stderr, /nobody/);
  });

  it("removes the image with the last container of --rmi", async () => {
    for (const detach of [[], ["-d"]]) {
      await box.ok("tag", "localhost/bb", "localhost/aaa/once");
      const { stdout } = await box.wherry(["images", "--format", "{{.Repository}}"]);
      assert.match(stdout, /aaa\/once/);
      await box.ok("run", "--rmi", "--network", "none", ...detach, "localhost/aaa/once", "true");
      const deadline = monotonicMs() + 5000;
      let names = "";
      do names = await box.ok("images", "--format", "{{.Repository}}");
      while (names.includes("aaa/once") && monotonicMs() < deadline);
      assert.doesNotMatch(names, /aaa\/once/);
      assert.equal(await box.ok("ps", "-aq"), "");
    }
  });

  it("runs a folder of the user's instead of an image, and writes to it or beside it", async () => {
    const folder = join(box.user.home, "root");
    await create("e");
    await box.user.run("sh", [
      "-c",
      `mkdir ${folder} && wherry export e | tar -C ${folder} -xf -; wherry rm e`,
    ]);
    const ofFolder = (text: string, ...words: readonly string[]) =>
      box.wherry(["run", "--rm", "--network", "none", "--rootfs", text, ...words]);
    assert.equal((await ofFolder("root:O", "sh", "-c", "echo a >/beside")).stderr, "");
    assert.equal((await ofFolder("root", "sh", "-c", "echo b >/within")).stderr, "");
    assert.deepEqual([existsSync(join(folder, "beside")), existsSync(join(folder, "within"))], [false, true]);
    assert.match((await ofFolder("nosuch", "sh")).stderr, /nosuch: no such file or directory/);
    await box.ok("create", "--name", "r", "--rootfs", folder, "sh");
    assert.equal(await box.ok("inspect", "-f", "{{.Rootfs}}{{.Image}}", "r"), folder);
    assert.match((await box.wherry(["diff", "r"])).stderr, /it was made with --rootfs/);
    await box.ok("commit", "-q", "r", "of-folder");
    await box.ok("rm", "r");
    assert.equal(
      await box.ok(
        "run",
        "--rm",
        "--network",
        "none",
        "of-folder",
        "sh",
        "-c",
        "read -r x </within; echo $x",
      ),
      "b",
    );
    assert.equal(existsSync(join(folder, "within")), true);
  });

  const perl = existsSync("/usr/bin/perl");
  it(`tells the service manager of its start${perl ? "" : " (without a program's own word: no perl)"}`, async () => {
    const path = join(box.user.home, "notify");
    using socket = await openNotifySocket(path);
    chmodSync(path, 0o777);
    const start = async (name: string, ...words: readonly string[]): Promise<string> => {
      const args = ["run", "-d", "--name", name, "--network", "none", ...words];
      const { status, stderr } = await box.wherry(args, { env: { NOTIFY_SOCKET: path } });
      assert.equal(status, 0, stderr);
      return `MAINPID=${await box.ok("inspect", "-f", "{{.State.ConmonPid}}", name)}`;
    };
    const own = await start("own", "--sdnotify", "conmon", "bb", "sleep", "100");
    assert.deepEqual(await socket.messages(1), [`${own}\nREADY=1`]);
    await start("quiet", "--sdnotify", "ignore", "bb", "sleep", "100");
    const health = ["--health-cmd", "true", "--health-interval", "200ms"];
    const healthy = await start("healthy", "--sdnotify", "healthy", ...health, "bb", "sleep", "100");
    assert.deepEqual(await socket.messages(2), [healthy, "READY=1"]);
    if (perl) {
      const places = ["/usr", "/lib", "/lib64"].filter((place) => existsSync(place));
      const say =
        "socket(S,AF_UNIX,SOCK_DGRAM,0); connect(S,sockaddr_un($ENV{NOTIFY_SOCKET})) or die; send(S,q(READY=1),0); sleep 100";
      const mounts = places.flatMap((place) => ["-v", `${place}:${place}:ro`]);
      const itself = await start("itself", ...mounts, "bb", "/usr/bin/perl", "-MSocket", "-e", say);
      assert.deepEqual((await socket.messages(2)).toSorted(), [itself, "READY=1"].toSorted());
    }
    await box.ok("rm", "-f", "-t", "0", "-a");
  });
});
