import assert from "node:assert/strict";
import { once } from "node:events";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  dockerRegistryProgram,
  startDockerRegistry,
  type DockerRegistry,
} from "../support/docker-registry.ts";
import { busyboxTree, writeLayout } from "../support/layout.ts";
import { killProcess } from "../support/processes.ts";
import { finish, testUser, type TestUser } from "../support/user.ts";

const reason = dockerRegistryProgram() === undefined ? " (skipped: docker-registry not installed)" : "";

describe(`bad luck: killed, interrupted, twice at once${reason}`, function () {
  this.timeout(90_000);
  let user: TestUser;
  let registry: DockerRegistry;

  before(async function () {
    if (reason !== "") this.skip();
    user = testUser();
    registry = await startDockerRegistry({ parent: user.home });
    const folder = join(user.home, "made");
    mkdirSync(join(folder, "data"), { recursive: true });
    for (let index = 0; index < 2000; index++)
      writeFileSync(join(folder, "data", `file-${index}`), `content ${index}\n`.repeat(500));
    writeLayout(join(folder, "layout"), "bb", [busyboxTree(folder), join(folder, "data")]);
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, folder]);
    await succeed("wherry-image", [
      "copy",
      "-q",
      "--dest-tls-verify=false",
      `oci:${folder}/layout:bb`,
      `docker://${registry.host}/bb:1`,
    ]);
    await succeed("wherry-image", [
      "copy",
      "-q",
      `oci:${folder}/layout:bb`,
      "containers-storage:localhost/bb",
    ]);
  });

  after(async () => {
    if (reason !== "") return;
    await registry[Symbol.asyncDispose]();
    await user[Symbol.asyncDispose]();
  });

  afterEach(async () => {
    await user.run("wherry", ["rm", "-f", "-a"]);
    const { status, stdout, stderr } = await user.run("wherry", ["system", "check"]);
    assert.equal(status, 0, stdout + stderr);
    await until(async () => (await monitors()).length === 0);
  });

  async function succeed(program: string, args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await user.run(program, args);
    assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  }

  async function monitors(): Promise<number[]> {
    const { stdout } = await user.run("pgrep", ["-u", String(user.uid), "-x", "conmon"]);
    return stdout.split("\n").filter(Boolean).map(Number);
  }

  /** Processes in containers that have the word in their command line, by what the kernel says and not the code under test. */
  function processesWith(word: string): number[] {
    const isInside = (line: string): boolean => line.includes(word) && !line.includes("wherry");
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 1 && isInside(commandLine(pid)));
  }

  const image = (): string => `${registry.host}/bb:1`;

  it("a pull killed at any time goes on with the next pull", async () => {
    for (const delay of [30, 90, 150, 210, 300, 400]) {
      await user.run("wherry", ["rmi", "-f", image()]);
      const pull = user.start("wherry", ["pull", "-q", "--tls-verify=false", image()], { detached: true });
      const finished = finish(pull);
      await sleep(delay);
      killGroup(pull.pid, "SIGKILL");
      await finished;
      await succeed("wherry", ["pull", "-q", "--tls-verify=false", image()]);
      assert.equal(
        await succeed("wherry", ["run", "--rm", "--network", "none", image(), "cat", "/file-7"]),
        "content 7\n".repeat(500).trim(),
      );
    }
    await user.run("wherry", ["system", "check", "--repair"]);
  });

  it("two pulls of one image at once both succeed", async () => {
    await user.run("wherry", ["rmi", "-f", image()]);
    const results = await Promise.all(
      [1, 2].map(() => user.run("wherry", ["pull", "-q", "--tls-verify=false", image()])),
    );
    assert.deepEqual(
      results.map(({ status, stderr }) => [status, stderr]),
      [
        [0, ""],
        [0, ""],
      ],
    );
  });

  it("Ctrl-C in a pull ends it with 130", async () => {
    await user.run("wherry", ["rmi", "-f", image()]);
    const pull = user.start("wherry", ["pull", "--tls-verify=false", image()]);
    const finished = finish(pull);
    await once(pull.stderr ?? pull, "data"); // it says what it pulls
    pull.kill("SIGINT");
    const { status } = await finished;
    assert.ok(status === 130 || status === 0, `status ${String(status)}`); // 0: the pull was faster
  });

  it("Ctrl-C in a build's RUN ends the step's processes", async () => {
    writeFileSync(join(user.home, "Containerfile"), "FROM localhost/bb\nRUN sleep 54321\n");
    const build = user.start("wherry-build", ["build", user.home]);
    const finished = finish(build);
    await until(() => processesWith("54321").length > 0);
    build.kill("SIGINT");
    const { status } = await finished;
    assert.equal(status, 130);
    await until(() => processesWith("54321").length === 0);
  });

  it("Ctrl-C in a run reaches the container, whose answer is the exit status", async () => {
    const run = user.start("wherry", [
      "run",
      "--rm",
      "--network",
      "none",
      "localhost/bb",
      "sh",
      "-c",
      "trap 'exit 7' INT; echo ready; while :; do sleep 0.1; done",
    ]);
    const finished = finish(run);
    await new Promise((resolve) => run.stdout?.once("data", resolve));
    run.kill("SIGINT");
    assert.equal((await finished).status, 7);
  });

  const starts = [
    { words: ["--rm"], delays: [150, 250, 350, 450] },
    { words: ["--rm", "-d"], delays: [200, 300] },
  ];
  for (const { words, delays } of starts) {
    it(`Ctrl-C for all of its process group while run ${words.join(" ")} starts: 130, and nothing is left`, async () => {
      const program = ["sh", "-c", "trap 'exit 130' INT; sleep 54323 & wait"];
      for (const delay of delays) {
        const run = user.start("wherry", ["run", ...words, "localhost/bb", ...program], { detached: true });
        const finished = finish(run);
        await sleep(delay);
        const signal = (name: NodeJS.Signals) => void process.kill(-(run.pid ?? 0), name);
        if (run.exitCode === null) signal("SIGINT");
        const goesOn = await Promise.race([finished.then(() => false), sleep(2000, true, { ref: false })]);
        if (goesOn) signal("SIGKILL"); // its program had not set the trap yet
        const { status, signal: ending, stderr } = await finished;
        const isInterrupted = status === 130 || ending === "SIGINT"; // the latter before we listen to it
        assert.ok(goesOn || isInterrupted || (status === 0 && words.includes("-d")), `${status}: ${stderr}`);
        assert.match(stderr, /^(?:Error: the start was interrupted by SIGINT\n)?$/, `after ${delay} ms`);
        await succeed("wherry", ["rm", "-f", "-t", "0", "--all"]);
        await until(() => processesWith("54323").length === 0);
      }
    });
  }

  it("kill -9 of wherry leaves the container running, and rm -f ends it", async () => {
    const run = user.start("wherry", [
      "run",
      "--name",
      "orphan",
      "--network",
      "none",
      "localhost/bb",
      "sleep",
      "54322",
    ]);
    const finished = finish(run);
    await until(() => processesWith("54322").length > 0);
    run.kill("SIGKILL");
    await finished;
    assert.equal(await succeed("wherry", ["ps", "--format", "{{.Names}} {{.State}}"]), "orphan running");
    await succeed("wherry", ["rm", "-f", "orphan"]);
    await until(() => processesWith("54322").length === 0);
  });

  it("kill -9 of conmon: ps tells, rm -f leaves no process", async () => {
    await succeed("wherry", [
      "run",
      "-d",
      "--name",
      "lost",
      "--network",
      "none",
      "localhost/bb",
      "sleep",
      "54323",
    ]);
    for (const pid of await monitors()) process.kill(pid, "SIGKILL");
    await until(async () => (await monitors()).length === 0);
    assert.match(
      await succeed("wherry", ["ps", "-a", "--format", "{{.Names}} {{.State}}"]),
      /lost (exited|stopped|running)/,
    );
    await succeed("wherry", ["rm", "-f", "lost"]);
    await until(() => processesWith("54323").length === 0);
  });

  it("kill -9 of the namespace holder: containers live on, and the next command makes a new one", async () => {
    await succeed("wherry", [
      "run",
      "-d",
      "--name",
      "lives",
      "--network",
      "none",
      "localhost/bb",
      "sleep",
      "54324",
    ]);
    await killProcess(holderOf(user));
    assert.equal(await succeed("wherry", ["exec", "lives", "echo", "still here"]), "still here");
    assert.equal(
      await succeed("wherry", ["run", "--rm", "--network", "none", "localhost/bb", "echo", "again"]),
      "again",
    );
    await succeed("wherry", ["rm", "-f", "lives"]);
  });

  it("32 runs at once all succeed", async () => {
    const runs = await Promise.all(
      Array.from({ length: 32 }, (_, index) =>
        user.run("wherry", ["run", "--rm", "--network", "none", "localhost/bb", "echo", String(index)]),
      ),
    );
    assert.deepEqual(
      runs.map(({ status, stdout, stderr }) => [status, stdout.trim(), stderr]),
      runs.map((_, index) => [0, String(index), ""]),
    );
  });
});

/** The process that keeps the user's namespace, by the file that names it. */
function holderOf(user: TestUser): number {
  const file = join(user.env["XDG_RUNTIME_DIR"] ?? "", "wherry", "userns.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { pid: number }).pid;
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // it was faster
  }
}

async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${String(condition)}`);
    await sleep(50);
  }
}
