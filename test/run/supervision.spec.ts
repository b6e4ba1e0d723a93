import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";
import { textOf } from "../support/processes.ts";
import { finish } from "../support/user.ts";

const FOR_EVER = "while :; do sleep 0.1; done";

describe("restart policies and health checks", function () {
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
  const inspect = (name: string, format: string) => box.ok("inspect", "--format", format, name);
  const eventually = async (look: () => Promise<string>, expected: string) => {
    const deadline = performance.now() + 15_000;
    let seen = "";
    while (performance.now() < deadline) {
      seen = await look();
      if (seen === expected) return;
      await sleep(100);
    }
    assert.equal(seen, expected);
  };

  it("starts again what failed, so often and no more", async () => {
    await detached("fails", "exit 3", "--restart", "on-failure:2");
    const look = () => inspect("fails", "{{.State.Status}} {{.State.ExitCode}} {{.RestartCount}}");
    await eventually(look, "exited 3 2");
    const ends = ["events", "--stream=false", "--filter", "container=fails", "--filter", "event=died"];
    await eventually(() => box.ok(...ends, "--format", "{{.ContainerExitCode}}"), "3\n3\n3");
  });

  it("leaves alone what a user stopped", async () => {
    await detached("kept", FOR_EVER, "--restart", "always", "--stop-timeout", "0");
    await box.ok("stop", "kept");
    await sleep(500);
    assert.equal(await inspect("kept", "{{.State.Status}} {{.State.StoppedByUser}}"), "exited true");
  });

  it("starts again what lost its monitor", async () => {
    await detached("orphan", FOR_EVER, "--restart", "always");
    process.kill(Number(await inspect("orphan", "{{.State.ConmonPid}}")), "SIGKILL");
    await eventually(() => inspect("orphan", "{{.State.Status}} {{.RestartCount}}"), "running 1");
  });

  it("tells healthy from unhealthy, and acts on it", async () => {
    const flags = ["--health-cmd", "test -e /well", "--health-interval", "200ms", "--health-retries", "2"];
    const logged = ["--health-on-failure", "kill", "--health-log-destination", "events_logger"];
    await detached("sick", `touch /well; ${FOR_EVER}`, ...flags, ...logged);
    await eventually(() => inspect("sick", "{{.State.Health.Status}}"), "healthy");
    assert.match(await box.ok("ps", "--format", "{{.Status}}"), /\(healthy\)$/);
    assert.equal((await box.wherry(["healthcheck", "run", "sick"])).status, 0);
    await box.ok("exec", "sick", "rm", "/well");
    await eventually(() => inspect("sick", "{{.State.Status}}"), "exited");
    const checks = ["events", "--stream=false", "--since", "10m", "--filter", "event=health_status"];
    const told = await box.ok(
      ...checks,
      "--format",
      "{{.HealthStatus}} {{.HealthFailingStreak}} {{.HealthLog}}",
    );
    assert.match(told, /^unhealthy 2 \{"Start":".*Z","End":".*Z","ExitCode":1,"Output":""\}$/m);
    assert.equal(await inspect("sick", "{{.Config.HealthLogDestination}}"), "events_logger");
    const none = ["--events-backend", "none", "create", "--health-cmd", "true", ...logged, "bb", "true"];
    assert.match((await box.wherry(none)).stderr, /no events are kept/);
  });

  it("checks first whether it has come up, and goes by what an update says from then on", async () => {
    const folder = join(box.user.home, "checks");
    await box.user.run("mkdir", [folder]);
    const health =
      "--health-cmd=echo -n 12345 --health-interval=200ms --health-max-log-size=3 --health-max-log-count=2";
    const startup = "--health-startup-cmd=test -e /up --health-startup-interval=200ms";
    const flags = `${health} ${startup} --health-log-destination=${folder}`.split(/ (?=--)/);
    await detached("late", "sleep 1; touch /up; until [ -e /end ]; do sleep 0.1; done; exit 1", ...flags);
    const look = () => inspect("late", "{{.State.Health.Status}}");
    assert.equal(await look(), "starting");
    await eventually(look, "healthy");
    const outputs = () => inspect("late", "{{range .State.Health.Log}}{{.Output}} {{end}}");
    await eventually(outputs, "123 123");
    assert.deepEqual(readdirSync(folder), [`${await inspect("late", "{{.Id}}")}-healthcheck.log`]);
    await box.ok(
      "update",
      "--health-cmd",
      "false",
      "--health-retries",
      "1",
      "--env",
      "A=new",
      "--ulimit",
      "nofile=100:200",
      "late",
    );
    await eventually(look, "unhealthy");
    assert.equal(
      await box.ok("exec", "late", "sh", "-c", "echo $A $(ulimit -Sn) $(ulimit -Hn)"),
      "new 100 200",
    );
    await box.ok("update", "--no-healthcheck", "--restart", "on-failure:1", "late");
    assert.equal(await look(), "");
    await box.ok("exec", "late", "touch", "/end");
    await eventually(() => inspect("late", "{{.State.Status}} {{.RestartCount}}"), "exited 1");
  });

  it("costs less than 15 MB for all containers, and ends with the last", async () => {
    for (const name of ["one", "two", "three"])
      await detached(name, FOR_EVER, "--restart", "always", "--health-cmd", "true");
    // one that was started for the last container, and has found another at work, may not have ended yet
    await eventually(() => Promise.resolve(String(supervisors(box.user.uid).length)), "1");
    const kilobytes = family(Number(supervisors(box.user.uid)[0])).reduce((sum, pid) => sum + pssOf(pid), 0);
    assert.ok(kilobytes > 0 && kilobytes < 15_000, `${kilobytes} kB`);
    await box.ok("rm", "-f", "-a");
    await eventually(() => Promise.resolve(supervisors(box.user.uid).join(" ")), "");
    assert.deepEqual(readdirSync(join(box.user.home, "run/wherry/watch")).sort(), ["lock", "wake"]);
  });

  it("does not start what is removed meanwhile", async () => {
    const id = await box.ok("create", "--name", "raced", "--restart", "always", "bb", "sh", "-c", FOR_EVER);
    const folder = join(box.user.home, ".local/share/wherry/containers", id);
    // as a start of another process that is under way
    const script = 'flock "$0/lock" sh -c "touch $0/locked; until [ -e $0/go ]; do sleep 0.05; done"';
    const holder = finish(box.user.start("sh", ["-c", script, folder]));
    await eventually(() => Promise.resolve(String(existsSync(join(folder, "locked")))), "true");
    const [start, remove] = [
      ["start", "raced"],
      ["rm", "-f", "raced"],
    ].map((words) => finish(box.user.start("wherry", words)));
    await eventually(() => Promise.resolve(String(waitingFor(join(folder, "lock")))), "2");
    writeFileSync(join(folder, "go"), "");
    await holder;
    const { status, stderr } = (await remove) ?? assert.fail();
    assert.deepEqual([status, stderr], [0, ""]);
    await start; // that it was first, or has failed
    assert.equal(await box.ok("ps", "-aq"), "");
    await eventually(() => Promise.resolve(String(monitorsOf(id))), "0");
  });

  it("says what is wrong with a policy", async () => {
    const cases = [
      { flags: ["--restart", "sometimes"], words: /not a valid restart policy/ },
      { flags: ["--restart", "always:3"], words: /only be specified with on-failure/ },
      { flags: ["--restart", "always", "--rm"], words: /conflicts with --restart/ },
      { flags: ["--health-cmd", "true", "--no-healthcheck"], words: /cannot specify both/ },
    ];
    for (const { flags, words } of cases) {
      const { status, stderr } = await box.wherry(["create", ...flags, "bb", "true"]);
      assert.equal(status, 125);
      assert.match(stderr, words);
    }
  });
});

/** Supervising shells of a user, without the new ones that only wake the old. */
function supervisors(uid: number): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const isOurs = readFileSync(`/proc/${pid}/status`, "utf8").includes(`Uid:\t${uid}\t`);
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      return isOurs && words[3] === "wherry-supervisor";
    } catch {
      return false; // it ended meanwhile
    }
  });
}

/** How many flock(1) wait for a file that another has locked. */
function waitingFor(path: string): number {
  const { ino } = statSync(path);
  const isWaiting = new RegExp(`^\\d+: +-> FLOCK .*:${ino} `);
  return readFileSync("/proc/locks", "latin1")
    .split("\n")
    .filter((line) => isWaiting.test(line)).length;
}

/** Monitors of a container that run. */
function monitorsOf(id: string): number {
  return readdirSync("/proc").filter(
    (pid) => /^\d+$/.test(pid) && textOf(Number(pid), "cmdline").includes(`--cid\0${id}`),
  ).length;
}

function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return [pid, ...children.filter((child) => child !== "").flatMap((child) => family(Number(child)))];
}

function pssOf(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
}
