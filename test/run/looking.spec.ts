import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

describe("looking at containers, and forgetting all", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
    await box.ok(
      "run",
      "-d",
      "--name",
      "up",
      "--network",
      "none",
      "--stop-timeout",
      "0",
      "bb",
      "sleep",
      "100",
    );
  });
  after(() => box[Symbol.asyncDispose]());

  it("history, system df, what is exposed, unshare, and what system prune takes", async () => {
    const rows = async (...args: readonly string[]) => (await box.ok(...args)).split("\n");
    const expose = ["-P", "--expose", "81", "--expose", "82-83/udp"];
    await box.ok("create", "--name", "df", "-v", "dfdata:/d", ...expose, "bb", "true");
    const ports = "{{range $port, $_ := .HostConfig.PortBindings}}{{$port}} {{end}}";
    assert.equal(await box.ok("inspect", "-f", ports, "df"), "81/tcp 82/udp 83/udp ".trimEnd());
    assert.match((await box.wherry(["create", "--expose", "x", "bb"])).stderr, /^Error: .*"x"/);
    assert.equal((await rows("history", "-q", "bb")).length, 1);
    assert.match(await box.ok("history", "bb"), /^ID +CREATED +CREATED BY +SIZE +COMMENT\n/);
    const df = await rows("system", "df", "--format", "{{.Type}} {{.Total}} {{.Active}}");
    assert.deepEqual(
      df.map((line) => line.replace(/ \d+ \d+$/, "")),
      ["Images", "Containers", "Local Volumes", "Other"],
    );
    assert.match(await box.ok("system", "df"), /^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE\n/);
    assert.match(await box.ok("system", "df", "-v"), /dfdata/);
    assert.equal(await box.ok("unshare", "id", "-u"), "0");
    const status = await box.user.run("wherry", ["unshare", "sh", "-c", "exit 9"]);
    assert.equal(status.status, 9);
    await box.ok("system", "prune", "-f");
    assert.equal(await box.ok("ps", "-aq", "--filter", "name=^df$"), "");
    assert.equal(await box.ok("volume", "ls", "-q", "--filter", "name=dfdata"), "dfdata");
    assert.equal((await box.user.run("wherry-build", ["from", "--name", "half", "bb"])).status, 0);
    await box.ok("system", "prune", "--external");
    await box.ok("container", "exists", "--external", "half");
    assert.match(
      (await box.wherry(["system", "prune", "--external", "--all"])).stderr,
      /--external cannot be combined with other options/,
    );
    assert.match(
      await box.ok("system", "prune", "-f", "--volumes", "--build"),
      /^Deleted Containers\n[0-9a-f]{64}\n/,
    );
    assert.equal((await box.wherry(["container", "exists", "--external", "half"])).status, 1);
    assert.equal(await box.ok("volume", "ls", "-q", "--filter", "name=dfdata"), "");
    assert.match(
      await box.ok("images", "--sort", "size", "--filter", "reference=bb", "--format", "json"),
      /localhost\/bb:latest/,
    );
    assert.equal(await box.ok("images", "--filter", "reference=nosuch", "--format", "json"), "[]");
    await box.ok("tag", "bb", "localhost/passing");
    await box.ok("untag", "bb", "localhost/passing");
    assert.match(
      await box.ok("images", "--history"),
      /HISTORY\n.*localhost\/bb:latest.*localhost\/passing:latest/,
    );
    const wrong = await box.wherry(["images", "--sort", "colour"]);
    assert.equal(
      wrong.stderr,
      'Error: "colour" is not a valid field for sorting. Choose from: size, tag, created, id, repository\n',
    );
  });

  it("shows namespaces and sizes, in lists and of one", async () => {
    const namespaces = await box.ok("ps", "--ns", "--format", "{{.PIDNS}} {{.MNT}}");
    assert.match(namespaces, /^\d+ \d+$/);
    assert.match(await box.ok("ps", "--size"), /SIZE\n.*\(virtual [\d.]+[kM]?B\)$/);
    assert.match(
      await box.ok("inspect", "--size", "--format", "{{.SizeRw}} {{.SizeRootFs}}", "up"),
      /^\d+ \d+$/,
    );
    const { stderr } = await box.wherry(["ps", "--size", "--ns"]);
    assert.match(stderr, /size and namespace options conflict/);
  });

  it("shows the list again and again until it is interrupted", async () => {
    const { status, stdout } = await box.user.run("timeout", [
      "-s",
      "INT",
      "3",
      "wherry",
      "ps",
      "-q",
      "--watch",
      "1",
    ]);
    assert.ok(stdout.trim().split("\n").length >= 2, stdout);
    assert.notEqual(status, 0);
  });

  it("finds a volume where there is neither container nor image, and keeps to --type", async () => {
    await box.ok("volume", "create", "data");
    assert.equal(await box.ok("inspect", "--format", "{{.Name}}", "data"), "data");
    const { stderr } = await box.wherry(["inspect", "--type", "image", "data"]);
    assert.match(stderr, /data: image not known|no such image/);
  });

  it("tells of a container without the pages that its base says of its packages", async () => {
    const labels = ["--label", "io.wherry.base.packages=many", "--label", "own=1"];
    await box.ok("create", "--name", "based", ...labels, "bb");
    const told = await box.ok("events", "--stream=false", "--filter", "container=based");
    assert.match(told, /container create .*name=based, own=1\)$/);
    await box.ok("rm", "based");
  });

  it("shows the image's name that was asked for, of several, and how health is checked, where it is", async () => {
    await box.ok("tag", "bb", "localhost/another:1");
    for (const name of ["localhost/bb:latest", "localhost/another:1"]) {
      const check = ["--healthcheck-command", "test -e /", "--healthcheck-interval", "7s"];
      await box.ok("create", "--name", "named", ...check, name.replace(":latest", ""));
      const shown = "{{.ImageName}} {{json .Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}}";
      assert.equal(
        await box.ok("inspect", "--format", shown, "named"),
        `${name} ["CMD-SHELL","test -e /"] 7000000000`,
      );
      assert.equal(await box.ok("ps", "-a", "--filter", "name=named", "--format", "{{.Image}}"), name);
      await box.ok("rm", "named");
    }
    assert.doesNotMatch(await box.ok("inspect", "up"), /"Healthcheck"/, "as podman, not even null");
  });

  it("stops what runs for changed ids, keeps what belongs to ids that are the same, and resets everything", async () => {
    const layers = join(box.user.home, ".local/share/wherry/layers");
    const unpacked = () => readdirSync(layers).map((name) => statSync(join(layers, name)).ino);
    const before = unpacked();
    assert.match(await box.ok("system", "migrate"), /^stopped [a-f0-9]{64}$/);
    assert.deepEqual(unpacked(), before);
    await box.ok("start", "up");
    await box.ok("system", "reset", "--force");
    assert.equal(existsSync(join(box.user.home, ".local/share/wherry")), false);
    assert.equal(await box.ok("ps", "-aq"), "");
    assert.equal(await box.ok("images", "-q"), "");
  });
});
