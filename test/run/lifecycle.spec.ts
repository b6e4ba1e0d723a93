import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
import { finish } from "../support/user.ts";

/** Ends at once by its stop signal, with 5. */
const POLITE = 'trap "exit 5" TERM; while :; do sleep 0.05; done';
/** Ends only by SIGKILL: process 1 takes no signal it has no handler for. */
const DEAF = "while :; do sleep 0.05; done";

describe("the life of a container", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());
  afterEach(async () => {
    await box.wherry(["rm", "-f", "-a"]);
  });

  const detached = (name: string, script: string, ...flags: readonly string[]) =>
    box.ok("run", "-d", "--name", name, "--network", "none", ...flags, "bb", "sh", "-c", script);
  const states = () => box.ok("ps", "-a", "--format", "{{.Names}} {{.State}}");

  it("goes from created to running to exited to gone", async () => {
    const id = await box.ok("create", "--name", "one", "--network", "none", "bb", "sh", "-c", POLITE);
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.equal(await states(), "one created");
    assert.equal(await box.ok("start", "one"), "one");
    assert.equal(await states(), "one running");
    assert.equal(await box.ok("start", "one"), "one", "a running container is left alone");
    assert.equal(await box.ok("stop", "one"), "one");
    assert.equal(await states(), "one exited");
    assert.equal(await box.ok("wait", "one"), "5");
    assert.equal(await box.ok("stop", "one"), "one", "one that does not run is left alone");
    assert.equal(await box.ok("start", id.slice(0, 12)), id.slice(0, 12));
    assert.equal(await box.ok("restart", "one"), "one");
    assert.equal(await states(), "one running");
    assert.equal(await box.ok("rm", "-f", "one"), "one");
    assert.equal(await states(), "");
  });

  it("keeps its files between two starts", async () => {
    await box.ok(
      "create",
      "--name",
      "files",
      "--network",
      "none",
      "bb",
      "sh",
      "-c",
      "cat /kept 2>/dev/null; echo again > /kept",
    );
    await box.ok("start", "-a", "files");
    assert.equal(await box.ok("start", "-a", "files"), "again");
  });

  it("gives its exit status to start --attach and to wait", async () => {
    await box.ok("create", "--name", "status", "--network", "none", "bb", "sh", "-c", "echo out; exit 9");
    const { status, stdout } = await box.wherry(["start", "--attach", "status"]);
    assert.equal(status, 9);
    assert.equal(stdout, "out\n");
    assert.equal(await box.ok("wait", "status"), "9");
  });

  it("is waited for until it ends", async () => {
    await detached("slow", "sleep 0.7; exit 3");
    const waiting = box.ok("wait", "slow");
    assert.equal(await Promise.race([waiting, sleep(200, "still waiting")]), "still waiting");
    assert.equal(await waiting, "3");
  });

  it("is gone at its end with -d --rm", async () => {
    await detached("brief", "sleep 0.2", "--rm");
    for (let tries = 0; tries < 100 && (await states()) !== ""; tries++) await sleep(50);
    assert.equal(await states(), "");
  });

  it("is killed when it does not stop in time, and says so", async () => {
    await detached("deaf", DEAF);
    const began = performance.now();
    const { status, stderr, stdout } = await box.wherry(["stop", "-t", "1", "deaf"]);
    const took = performance.now() - began;
    assert.equal(status, 0);
    assert.equal(stdout, "deaf\n");
    assert.match(
      stderr,
      /StopSignal SIGTERM failed to stop container deaf in 1 seconds, resorting to SIGKILL/,
    );
    assert.equal(took > 1000 && took < 5000, true, `took ${took} ms`);
    assert.equal(await box.ok("wait", "deaf"), "137");
  });

  it("takes signals", async () => {
    await detached("signals", 'trap "echo got hup" HUP; trap "exit 4" INT; while :; do sleep 0.05; done');
    assert.equal(await box.ok("kill", "-s", "HUP", "signals"), "signals");
    await sleep(300);
    await box.ok("kill", "--signal=SIGINT", "signals");
    assert.equal(await box.ok("wait", "signals"), "4");
    assert.equal(await box.ok("logs", "signals"), "got hup");
    const { status, stderr } = await box.wherry(["kill", "signals"]);
    assert.equal(status, 125);
    assert.match(stderr, /container state improper/);
    const wrong = await box.wherry(["kill", "-s", "FROB", "signals"]);
    assert.match(wrong.stderr, /invalid signal: FROB/);
  });

  it("stops by the signal that was asked for", async () => {
    await detached("usr1", 'trap "exit 6" USR1; while :; do sleep 0.05; done', "--stop-signal", "USR1");
    await box.ok("stop", "usr1");
    assert.equal(await box.ok("wait", "usr1"), "6");
  });

  it("is passed the signals that its foreground run gets", async () => {
    const run = box.user.start("wherry", [
      "run",
      "--rm",
      "--name",
      "fore",
      "--network",
      "none",
      "bb",
      "sh",
      "-c",
      `echo up; ${POLITE}`,
    ]);
    const ended = finish(run);
    await box.until("fore", "running");
    await sleep(200);
    run.kill("SIGTERM");
    assert.equal((await ended).status, 5);
    assert.equal(await states(), "");
  });

  describe("rm", () => {
    it("refuses what runs, with 2, unless forced", async () => {
      await detached("busy", DEAF);
      const { status, stderr } = await box.wherry(["rm", "busy"]);
      assert.equal(status, 2);
      assert.match(stderr, /cannot be removed without force|container state improper/);
      assert.equal(await box.ok("rm", "-f", "busy"), "busy");
    });

    it("gives 1 for what is not there, 0 when forced", async () => {
      const { status, stderr } = await box.wherry(["rm", "nosuch"]);
      assert.equal(status, 1);
      assert.match(stderr, /no such container/);
      assert.equal((await box.wherry(["rm", "-f", "nosuch"])).status, 0);
    });

    it("removes all that do not run, and tells of the others", async () => {
      await box.ok("create", "--name", "idle", "bb");
      await detached("busy", DEAF);
      const { status, stdout } = await box.wherry(["rm", "-a"]);
      assert.equal(status, 2);
      assert.match(stdout, /^[0-9a-f]{64}\n$/);
      assert.equal(await states(), "busy running");
      await box.ok("rm", "-fa");
      assert.equal(await states(), "");
    });
  });

  describe("exec", () => {
    beforeEach(() => detached("host", POLITE, "-e", "FROM=run"));

    const cases = [
      {
        what: "the container's environment",
        args: ["host", "sh", "-c", "echo $FROM"],
        prints: "run\n",
        status: 0,
      },
      {
        what: "more environment",
        args: ["-e", "MORE=1", "host", "sh", "-c", "echo $MORE"],
        prints: "1\n",
        status: 0,
      },
      { what: "another user", args: ["-u", "alice", "host", "id", "-un"], prints: "alice\n", status: 0 },
      { what: "another folder", args: ["-w", "/tmp", "host", "pwd"], prints: "/tmp\n", status: 0 },
      {
        what: "the same processes",
        args: ["host", "sh", "-c", "grep -c trap /proc/1/cmdline"],
        prints: "1\n",
        status: 0,
      },
      { what: "its exit status", args: ["host", "sh", "-c", "exit 8"], prints: "", status: 8 },
      { what: "127 for no such command", args: ["host", "nosuch"], prints: "", status: 127 },
      { what: "126 for no program", args: ["host", "/etc/passwd"], prints: "", status: 126 },
    ];
    for (const { what, args, prints, status } of cases) {
      it(`has ${what}`, async () => {
        const result = await box.wherry(["exec", ...args]);
        assert.equal(result.status, status, result.stderr);
        assert.equal(result.stdout, prints);
      });
    }

    it("passes standard input with -i", async () => {
      const { stdout } = await box.wherry(["exec", "-i", "host", "tr", "a-z", "A-Z"], { input: "loud\n" });
      const line =
        "echo three >3; echo four >4; wherry exec --preserve-fds 2 host sh -c 'cat <&3; cat <&4' 3<3 4<4";
      const preserved = await box.user.run("sh", ["-c", line]);
      assert.deepEqual([preserved.stdout, preserved.stderr], ["three\nfour\n", ""]);
      const closed = await box.wherry(["exec", "--preserve-fds", "40", "host", "true"]);
      assert.equal(closed.status, 125);
      assert.match(
        closed.stderr,
        /^Error: file descriptor \d+ is not available - the preserve-fds option requires/,
      );
      assert.equal(stdout, "LOUD\n");
    });

    it("runs in the background with -d", async () => {
      await box.ok("exec", "-d", "host", "sh", "-c", "sleep 0.1; echo done > /flag");
      await sleep(600);
      assert.equal(await box.ok("exec", "host", "cat", "/flag"), "done");
    });

    it("needs a running container", async () => {
      await box.ok("stop", "host");
      const { status, stderr } = await box.wherry(["exec", "host", "true"]);
      assert.equal(status, 125);
      assert.match(stderr, /container state improper/);
    });

    it("needs a command", async () => {
      const { status, stderr } = await box.wherry(["exec", "host"]);
      assert.equal(status, 125);
      assert.match(stderr, /must provide a non-empty command/);
    });
  });

  describe("logs", () => {
    it("keep both streams, and show the end and the times", async () => {
      await detached("talk", "for n in 1 2 3; do echo line $n; done; echo bad >&2");
      await box.ok("wait", "talk");
      const all = await box.wherry(["logs", "talk"]);
      assert.equal(all.stdout, "line 1\nline 2\nline 3\n");
      assert.equal(all.stderr, "bad\n");
      const tail = await box.wherry(["logs", "--tail", "2", "talk"]);
      assert.equal(tail.stdout + tail.stderr, "line 3\nbad\n");
      assert.match(
        await box.ok("logs", "-t", "talk"),
        /^\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2}) line 1$/m,
      );
      assert.match(await box.ok("logs", "-n", "talk"), /^line 1$/m, "names are for several, as with podman");
      assert.equal(await box.ok("logs", "--since", "2999-01-01", "talk"), "");
      assert.equal(await box.ok("logs", "--since", "1h", "--tail=1", "talk"), "");
      assert.equal(await box.ok("logs", "--until", "1h", "talk"), "");
    });

    it("are followed until the container ends", async () => {
      await detached("follow", "for n in 1 2 3 4; do echo $n; sleep 0.1; done; printf end");
      const { stdout, status } = await box.wherry(["logs", "-f", "follow"]);
      assert.equal(status, 0);
      assert.equal(stdout, "1\n2\n3\n4\nend\n".replace(/\n$/, stdout.endsWith("\n") ? "\n" : ""));
      assert.equal(await states(), "follow exited");
    });

    it("are followed until Ctrl-C", async () => {
      await detached("endless", "while :; do echo tick; sleep 0.05; done");
      const child = box.user.start("wherry", ["logs", "-f", "endless"]);
      const ended = finish(child);
      child.stdout?.once("data", () => child.kill("SIGINT"));
      const { status, stdout } = await ended;
      assert.equal(status, 130);
      assert.match(stdout, /^tick\n/);
      assert.equal(await states(), "endless running");
    });

    it("say which container there is not", async () => {
      const { status, stderr } = await box.wherry(["logs", "nosuch"]);
      assert.equal(status, 125);
      assert.match(stderr, /no such container/);
    });
  });

  it("can be renamed, and found by a part of its ID", async () => {
    const id = await box.ok("create", "--name", "old", "bb");
    await box.ok("rename", "old", "new");
    assert.equal(await box.ok("inspect", "-f", "{{.Name}}", id.slice(0, 6)), "new");
    assert.equal((await box.wherry(["container", "exists", "new"])).status, 0);
    assert.equal((await box.wherry(["container", "exists", "old"])).status, 1);
  });
});
