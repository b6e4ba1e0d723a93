import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";
import { cgroupVersion2, delegate, type Delegated } from "../support/delegated.ts";
import { patience } from "../support/patience.ts";

const NO_NETWORK = ["--network", "none"];
const version2 = cgroupVersion2();
const NEEDED = ["memory", "cpu", "pids"];
const missing = NEEDED.filter((name) => version2?.controllers.includes(name) !== true);

describe("limits without a cgroup", function () {
  this.timeout(patience(60_000));
  let box: Box;
  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());

  it("refuses a limit with --cgroups disabled, and leaves nothing", async () => {
    const { status, stderr } = await box.wherry([
      ...["run", ...NO_NETWORK, "--cgroups", "disabled", "--memory", "64m", "bb", "true"],
    ]);
    assert.equal(status, 125, stderr);
    assert.match(stderr, /--memory needs a cgroup/);
    await box.ok("rm", "-a");
  });

  it("runs a container with --cgroups disabled, and pauses it by signals", async () => {
    const counting = "i=0; while :; do i=$((i+1)); echo $i >/n; sleep 0.05; done";
    await box.ok(
      "run",
      "-d",
      "--name",
      "p",
      ...NO_NETWORK,
      "--cgroups",
      "disabled",
      "bb",
      "sh",
      "-c",
      counting,
    );
    const { stderr, status } = await box.wherry(["pause", "p"]);
    assert.equal(status, 0);
    assert.match(stderr, /container p has no cgroup to freeze: its processes were stopped by SIGSTOP/);
    assert.equal(await box.ok("ps", "--format", "{{.State}} {{.Status}}"), "paused Paused");
    assert.equal(
      await box.ok("inspect", "--format", "{{.State.Paused}} {{.State.Running}}", "p"),
      "true false",
    );
    const again = await box.wherry(["pause", "p"]);
    assert.equal(again.status, 125);
    assert.match(again.stderr, /cannot pause container p: it is paused: container state improper/);
    const frozen = await box.wherry(["exec", "p", "true"]);
    assert.equal(frozen.status, 125);
    assert.match(frozen.stderr, /cannot run a program in container p: it is paused.*\nunpause it first/);
    assert.equal(await box.ok("unpause", "p"), "p");
    const count = () => box.ok("exec", "p", "cat", "/n");
    const first = Number(await count());
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(Number(await count()) > first);
    assert.match((await box.wherry(["unpause", "p"])).stderr, /it is not paused/);
    await box.ok("pause", "p");
    await box.ok("rm", "-f", "-t", "0", "p");
    assert.match((await box.wherry(["pause", "p"])).stderr, /no such container/);
  });
});

describe(`a delegated cgroup${version2 === undefined ? " (skipped: no cgroup version 2 to give from)" : ""}`, function () {
  this.timeout(patience(60_000));
  let box: Box;
  let cgroup: Delegated;

  before(async function () {
    if (version2 === undefined) this.skip();
    box = await openBox();
    cgroup = delegate(box.user, version2.root, version2.controllers);
  });
  after(async () => {
    if (version2 === undefined) return;
    await box.ok("rm", "-f", "-t", "0", "-a");
    cgroup[Symbol.dispose]();
    await box[Symbol.asyncDispose]();
  });

  const ok = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await cgroup.wherry(args);
    assert.equal(status, 0, stderr);
    return stdout.trimEnd();
  };
  const run = (...args: readonly string[]) => cgroup.wherry(["run", "--rm", ...NO_NETWORK, ...args]);
  /** The value of a file of a running container's cgroup. */
  const valueOf = async (name: string, file: string): Promise<string> => {
    const pid = await ok("inspect", "--format", "{{.State.Pid}}", name);
    const path = readFileSync(`/proc/${pid}/cgroup`, "utf8").split("0::")[1]?.trim() ?? "";
    return readFileSync(join(version2?.root ?? "", path, file), "utf8").trim();
  };

  it("is where containers get one of their own, which can be frozen", async () => {
    await ok("run", "-d", "--name", "f", ...NO_NETWORK, "bb", "sleep", "100");
    const { status, stderr } = await cgroup.wherry(["pause", "f"]);
    assert.equal(`${status} ${stderr}`, "0 ");
    assert.match(await valueOf("f", "cgroup.events"), /frozen 1/);
    assert.equal(await ok("ps", "--format", "{{.State}}"), "paused");
    await ok("unpause", "f");
    assert.match(await valueOf("f", "cgroup.events"), /frozen 0/);
    await ok("rm", "-f", "-t", "0", "f");
  });

  it("below a parent of the user's choice, or below the caller's", async () => {
    await ok("run", "-d", "--name", "c", ...NO_NETWORK, "--cgroup-parent", "mine/deep", "bb", "sleep", "100");
    const pid = await ok("inspect", "--format", "{{.State.Pid}}", "c");
    assert.match(readFileSync(`/proc/${pid}/cgroup`, "utf8"), /0::.*\/mine\/deep\/wherry-[0-9a-f]{64}/);
    await ok("rm", "-f", "-t", "0", "c");
    writeFileSync(join(box.user.home, "step"), "FROM bb\nRUN echo ran\n");
    assert.match(await ok("build", "--cgroup-parent", "built/deep", "-f", "step", box.user.home), /^ran$/m);
    const made = readdirSync(cgroup.folder, { recursive: true, encoding: "utf8" });
    assert.ok(made.some((path) => path.endsWith("built/deep")));
    const outside = await run("--cgroup-parent", "../..", "bb", "true");
    assert.equal(outside.status, 125);
    assert.match(outside.stderr, /it leads out of the cgroup that is yours/);
    assert.equal((await run("--cgroups", "split", "bb", "true")).status, 0);
  });

  it("kills what a container with the host's pids left, by its cgroup", async () => {
    const script = "sleep 98765 & sleep 98765";
    await ok("run", "-d", "--name", "k", ...NO_NETWORK, "--pid", "host", "bb", "sh", "-c", script);
    await ok("rm", "-f", "-t", "0", "k");
    assert.equal((await box.user.run("pgrep", ["-f", "sleep 98765"])).stdout, "");
  });

  it("names the controller that is missing", async function () {
    const lacks = ["memory", "cpu", "pids", "io"].find(
      (name) => version2?.controllers.includes(name) !== true,
    );
    const flags = {
      memory: ["--memory", "64m"],
      cpu: ["--cpus", "1"],
      pids: ["--pids-limit", "5"],
      io: ["--blkio-weight", "99"],
    };
    if (lacks === undefined) this.skip();
    const { status, stderr } = await run(...flags[lacks as keyof typeof flags], "bb", "true");
    assert.equal(status, 125);
    assert.match(stderr, new RegExp(`needs the cgroup controller ${lacks}, which .* does not have`));
  });

  const title = missing.length === 0 ? "" : ` (skipped: ${missing.join(", ")} not in cgroup version 2 here)`;
  describe(`with controllers${title}`, () => {
    before(function () {
      if (missing.length > 0) this.skip();
    });

    it("kills a container that takes more memory than its limit", async () => {
      const eat = ["bb", "sh", "-c", "head -c 200m /dev/zero | tail -c 200m >/dev/null; exit $?"];
      const free = await run("--memory", "1g", ...eat);
      assert.equal(free.status, 0, free.stderr);
      const { status } = await run("--memory", "32m", "--memory-swap", "32m", ...eat);
      assert.equal(status, 137);
    });

    it("holds a container to its CPUs within 10 %", async () => {
      const burn =
        "end=$(($(date +%s)+8)); while [ $(date +%s) -lt $end ]; do :; done; cat /sys/fs/cgroup/cpu.stat";
      const { stdout, stderr } = await run("--cpus", "0.5", "bb", "sh", "-c", burn);
      const used = Number(/^usage_usec (\d+)/m.exec(stdout)?.[1]) / 1e6;
      assert.ok(used > 3 && used < 8.5 * 0.5 * 1.1, `${used} s of CPU in 8 s: ${stderr}`);
    });

    it("holds a container to its number of processes", async () => {
      const fork = "i=0; while [ $i -lt 20 ]; do sleep 5 & i=$((i+1)); done; wait";
      const { status, stderr } = await run("--pids-limit", "5", "bb", "sh", "-c", fork);
      assert.notEqual(status, 0);
      assert.match(stderr, /can't fork|Resource temporarily unavailable/);
    });

    it("changes limits of a running container, for its next start too", async () => {
      await ok("run", "-d", "--name", "u", ...NO_NETWORK, "--memory", "64m", "bb", "sleep", "100");
      assert.equal(await valueOf("u", "memory.max"), String(64 * 2 ** 20));
      await ok("update", "--memory", "96m", "--pids-limit", "7", "--cpus", "0.5", "u");
      assert.equal(await valueOf("u", "memory.max"), String(96 * 2 ** 20));
      assert.equal(await valueOf("u", "pids.max"), "7");
      assert.equal(await valueOf("u", "cpu.max"), "50000 100000");
      await ok("restart", "-t", "0", "u");
      assert.equal(await valueOf("u", "memory.max"), String(96 * 2 ** 20));
      assert.equal(
        await ok("inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}", "u"),
        `${96 * 2 ** 20} 7`,
      );
      await ok("rm", "-f", "-t", "0", "u");
    });

    it("writes what --cgroup-conf says", async () => {
      await ok(
        "run",
        "-d",
        "--name",
        "w",
        ...NO_NETWORK,
        "--cgroup-conf",
        "memory.high=1048576",
        "bb",
        "sleep",
        "100",
      );
      assert.equal(await valueOf("w", "memory.high"), "1048576");
      await ok("rm", "-f", "-t", "0", "w");
    });
  });
});
