import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
import { killProcess } from "../support/processes.ts";

describe("what a kill -9 leaves", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());
  afterEach(async () => {
    await box.wherry(["rm", "-f", "-a"]);
    const { status, stdout, stderr } = await box.wherry(["system", "check"]);
    assert.equal(status, 0, stdout + stderr);
  });

  const sleeper = (name: string, ...flags: readonly string[]) =>
    box.ok("run", "-d", "--name", name, "--network", "none", ...flags, "bb", "sleep", "600");
  const field = async (name: string, template: string) => box.ok("inspect", "-f", `{{${template}}}`, name);

  it("of conmon is an exited container, whose processes rm ends", async () => {
    await sleeper("orphan");
    const init = Number(await field("orphan", ".State.Pid"));
    process.kill(Number(await field("orphan", ".State.ConmonPid")), "SIGKILL");
    await box.until("orphan", "exited");
    assert.match(await field("orphan", ".State.Error"), /conmon process killed/);
    assert.match(await box.ok("ps", "-a", "--format", "{{.Status}}"), /^Exited \(255\)/);
    assert.equal(await box.ok("rm", "orphan"), "orphan");
    await until(() => !isAlive(init));
  });

  it("of conmon does not keep the container from starting again", async () => {
    await sleeper("again");
    const init = Number(await field("again", ".State.Pid"));
    process.kill(Number(await field("again", ".State.ConmonPid")), "SIGKILL");
    await box.until("again", "exited");
    await box.ok("start", "again");
    assert.equal(await field("again", ".State.Status"), "running");
    await until(() => !isAlive(init));
  });

  it("of the program is exit status 137", async () => {
    await sleeper("victim");
    process.kill(Number(await field("victim", ".State.Pid")), "SIGKILL");
    assert.equal(await box.ok("wait", "victim"), "137");
  });

  it("of a foreground wherry is a container that goes on", async () => {
    const args = ["run", "--name", "left", "--network", "none", "bb", "sleep", "600"];
    const child = box.user.start("wherry", args, { stdio: "ignore" });
    await box.until("left", "running");
    child.kill("SIGKILL");
    await sleep(300);
    assert.equal(await field("left", ".State.Status"), "running");
    assert.equal(await box.ok("exec", "left", "echo", "alive"), "alive");
    assert.equal(await box.ok("stop", "-t", "0", "left"), "left");
  });

  it("of a foreground wherry with --rm still leads to the removal", async () => {
    const args = ["run", "--rm", "--name", "fleeting", "--network", "none", "bb", "sleep", "1"];
    const child = box.user.start("wherry", args, { stdio: "ignore" });
    await box.until("fleeting", "running");
    child.kill("SIGKILL");
    for (let tries = 0; tries < 100 && (await box.ok("ps", "-aq")) !== ""; tries++) await sleep(50);
    assert.equal(await box.ok("ps", "-aq"), "");
  });

  it("of the namespace's holder is nothing: containers go on, and new ones come", async () => {
    await sleeper("before");
    const runtimeDir = join(box.user.env["XDG_RUNTIME_DIR"] ?? "", "wherry");
    const { pid } = JSON.parse(readFileSync(join(runtimeDir, "userns.json"), "utf8")) as { pid: number };
    await killProcess(pid);
    assert.equal(await box.ok("exec", "before", "echo", "alive"), "alive");
    assert.equal(await box.ok("run", "--rm", "--network", "none", "bb", "echo", "new"), "new");
    assert.equal(await box.ok("stop", "-t", "0", "before"), "before");
    assert.equal(await box.ok("rm", "before"), "before");
  });

  it("during a start is a container that can be started or removed", async () => {
    for (const delay of [50, 150, 250, 350]) {
      const name = `cut-${delay}`;
      const child = box.user.start(
        "wherry",
        ["run", "-d", "--name", name, "--network", "none", "bb", "sleep", "600"],
        {
          stdio: "ignore",
        },
      );
      await sleep(delay);
      child.kill("SIGKILL");
    }
    await sleep(500);
    for (const name of (await box.ok("ps", "-a", "--format", "{{.Names}}"))
      .split("\n")
      .filter((text) => text !== "")) {
      const { status, stderr } = await box.wherry(["rm", "-f", name]);
      assert.equal(status, 0, stderr);
    }
    assert.equal(await box.ok("ps", "-aq"), "");
  });
});

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (condition()) return;
    await sleep(50);
  }
  assert.fail("not so after 5 seconds");
}
