import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";

describe("stats and top", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
    await box.ok(
      "run",
      "-d",
      "--name",
      "busy",
      "-u",
      "7",
      "--network",
      "none",
      "bb",
      "sh",
      "-c",
      "while :; do :; done",
    );
    await box.ok("create", "--name", "idle", "bb", "true");
  });
  after(() => box[Symbol.asyncDispose]());

  it("measure what a container uses, and say where that comes from", async () => {
    await sleep(500);
    const { status, stdout, stderr } = await box.wherry(["stats", "--no-stream", "busy"]);
    assert.equal(status, 0, stderr);
    assert.match(
      stdout,
      /^ID +NAME +CPU % +MEM USAGE \/ LIMIT +MEM % +NET IO +BLOCK IO +PIDS +CPU TIME +AVG CPU %\n/,
    );
    assert.match(stderr, /cpu.*: (?:cgroup v2|\/proc)/);
    const [row] = JSON.parse(await box.ok("stats", "--no-stream", "--format", "json")) as Record<
      string,
      string
    >[];
    assert.equal(row?.["name"], "busy");
    assert.ok(Number.parseFloat(row["cpu_percent"] ?? "") > 1, JSON.stringify(row));
    assert.match(row["mem_usage"] ?? "", /^[\d.]+(?:kB|MB) \/ [\d.]+GB$/);
    assert.equal(row["pids"], "1");
    const all = await box.ok("stats", "--no-stream", "-a", "--format", "{{.Name}} {{.PIDS}}");
    assert.equal(all, "busy 1\nidle --");
  });

  it("go on until they are interrupted", async () => {
    const child = box.user.start("wherry", [
      "stats",
      "-i",
      "1",
      "--format",
      "{{.Name}} {{.CPUPerc}}",
      "busy",
    ]);
    let out = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (out += text));
    const ended = new Promise((resolve) => child.once("exit", resolve));
    while (out.split("\n").length < 3) await sleep(50);
    child.kill("SIGINT");
    await ended;
    assert.match(out, /^busy [\d.]+%\nbusy [\d.]+%\n/);
  });

  it("list processes with ids as the container and as the host have them", async () => {
    await box.ok("exec", "-d", "busy", "sleep", "50");
    const lines = (await box.ok("top", "busy", "pid", "hpid", "uid", "huid", "args")).split("\n");
    const rows = lines.map((line) => line.split(/ {2,}/));
    assert.deepEqual(rows[0], ["PID", "HPID", "UID", "HUID", "COMMAND"]);
    assert.deepEqual([rows[1]?.[0], rows[1]?.[2], rows[1]?.[4]], ["1", "7", "sh -c while :; do :; done"]);
    assert.ok(Number(rows[1]?.[3]) > box.user.uid);
    assert.ok(
      rows.some(([, , uid, , args]) => uid === "7" && args === "sleep 50"),
      lines.join("\n"),
    );
    assert.match(await box.ok("top", "busy"), /^USER +PID +PPID +%CPU +ELAPSED +TTY +TIME +COMMAND\n/);
    assert.match(await box.ok("top", "busy", "-o", "pid,comm"), /^PID +COMMAND\n *1 sh/);
    const { status, stderr } = await box.wherry(["top", "idle"]);
    assert.equal(status, 125);
    assert.match(stderr, /it is created: container state improper/);
  });
});
