import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { spawnSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
import { processesWithHome, textOf } from "../support/processes.ts";
import { finish } from "../support/user.ts";

/**
 * A kill -9 at a random moment of a random command, again and again. The seed is fixed unless the environment says
 * otherwise; the long mode is WHERRY_FAULT_RUNS=2000.
 */
const SEED = Number(process.env["WHERRY_FAULT_SEED"] ?? 1);
const RUNS = Number(process.env["WHERRY_FAULT_RUNS"] ?? 5);

interface Command {
  readonly program: "wherry" | "wherry-build" | "wherry-image";
  /** Run to their end before it. */
  readonly before?: readonly (readonly string[])[];
  readonly args: readonly string[];
  /** What takes away what it leaves besides containers. */
  readonly undo?: readonly string[];
}

const wherry = (args: string, ...before: readonly string[]): Command => ({
  program: "wherry",
  args: args.split(" "),
  before: before.map((line) => line.split(" ")),
});
const build = (...flags: readonly string[]): Command => ({
  program: "wherry-build",
  args: ["build", ...flags, "-t", "localhost/built", "HOME/context"],
});
const DROP_VOLUME = ["volume", "rm", "data"];
const sleeper = "run -d --name one --network none bb sleep 600";

/** `HOME` stands for the home folder. */
const COMMANDS: readonly Command[] = [
  wherry("run --rm --network none bb true"),
  wherry("run --name one bb sh -c true"),
  wherry(sleeper),
  { ...wherry("create --name one -v data:/data bb true"), undo: DROP_VOLUME },
  wherry("start one", "create --name one --network none bb sleep 600"),
  wherry("stop -t 0 one", sleeper),
  wherry("restart -t 0 one", sleeper),
  wherry("rm -f one", sleeper),
  wherry("kill one", sleeper),
  wherry("exec one sh -c true", sleeper),
  wherry("rename one two", sleeper),
  { ...wherry("commit -q one localhost/made", sleeper), undo: ["rmi", "-f", "localhost/made"] },
  wherry("cp HOME/made/data one:/tmp", sleeper),
  wherry("export -o HOME/out.tar one", sleeper),
  wherry("pull -q oci:HOME/made/layout:bb"),
  wherry("push -q bb oci:HOME/pushed:bb"),
  wherry("save -q -o HOME/saved.tar bb"),
  { ...wherry("load -q -i HOME/image.tar"), undo: ["image", "prune", "-f"] },
  { ...wherry("import -q HOME/tree.tar localhost/imported"), undo: ["rmi", "-f", "localhost/imported"] },
  wherry("tag bb localhost/other"),
  wherry("rmi localhost/other", "tag bb localhost/other"),
  { ...wherry("volume create data"), undo: DROP_VOLUME },
  { ...wherry("volume rm data", "volume create data"), undo: DROP_VOLUME },
  { ...wherry("volume import data HOME/tree.tar", "volume create data"), undo: DROP_VOLUME },
  { ...wherry("secret create word HOME/made/data/file-1"), undo: ["secret", "rm", "word"] },
  { ...wherry("system prune -f --volumes", "create bb true", "volume create data"), undo: DROP_VOLUME },
  { ...build("-q"), undo: ["rmi", "-f", "localhost/built"] },
  { ...build("-q", "--no-cache"), undo: ["rmi", "-f", "localhost/built"] },
  { program: "wherry-image", args: ["copy", "-q", "oci:HOME/made/layout:bb", "dir:HOME/copied"] },
  { program: "wherry-image", args: ["copy", "-q", "oci:HOME/made/layout:bb", "oci:HOME/copies:bb"] },
];

const MADE_FILES = ["pushed", "saved.tar", "out.tar", "copied", "copies"];

/** After so many runs all is taken away, and what is left compared with what there was at first. */
const ROUND = 5;

describe(`a kill -9 at any moment (seed ${SEED}, ${RUNS} times)`, function () {
  this.timeout(RUNS * 60_000);
  let box: Box;
  let atRest: Traces;
  const durations = new Map<Command, number>();

  before(async () => {
    box = await openBox();
    prepareFiles(box);
    await box.ok("save", "-q", "-o", `${box.user.home}/image.tar`, "bb");
    await runWhole(build("-q"));
    await clean();
    atRest = tracesOf(box);
  });
  after(() => box[Symbol.asyncDispose]());

  it("leaves a store that is whole, and nothing else", async () => {
    const random = randomNumbers(SEED);
    for (let run = 1; run <= RUNS; run++) {
      const command = COMMANDS[Math.floor(random() * COMMANDS.length)] ?? assert.fail();
      const share = random();
      const victim = random() < 0.7 ? "itself" : "any";
      const what = `run ${run}: ${command.args.join(" ")}, ${victim} killed after ${share.toFixed(2)} of its time`;
      try {
        if (!durations.has(command)) await runWhole(command);
        await killWithin(command, share * (durations.get(command) ?? 0), victim, random());
        await assertWhole();
        await box.ok("run", "--rm", "--network", "none", "bb", "true");
        await undo(command);
        if (run % ROUND !== 0 && run !== RUNS) continue;
        await clean();
        await assertWhole();
        assert.deepEqual(await settled(), atRest);
      } catch (error) {
        throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
      }
    }
  });

  function lineOf({ args }: Command): string[] {
    return args.map((arg) => arg.replace("HOME", box.user.home));
  }

  async function prepare({ before: steps = [] }: Command): Promise<void> {
    for (const step of steps) await box.ok(...step);
  }

  /** Runs it undisturbed, and notes how long it takes. */
  async function runWhole(command: Command): Promise<void> {
    await prepare(command);
    const start = performance.now();
    const { status, stderr } = await box.user.run(command.program, lineOf(command));
    assert.equal(status, 0, stderr);
    durations.set(command, performance.now() - start);
    await undo(command);
  }

  async function undo(command: Command): Promise<void> {
    await box.ok("rm", "-f", "-a", "-t", "0");
    if (command.undo !== undefined) await box.wherry(command.undo);
    for (const name of MADE_FILES) rmSync(join(box.user.home, name), { recursive: true, force: true });
  }

  async function killWithin(command: Command, delay: number, victim: string, luck: number): Promise<void> {
    await prepare(command);
    const others = new Set(processesBelow(box.user.home));
    const child = box.user.start(command.program, lineOf(command), { stdio: "ignore" });
    const ended = finish(child);
    await sleep(delay);
    const started = processesBelow(box.user.home).filter((pid) => !others.has(pid));
    const pid = victim === "itself" ? child.pid : started[Math.floor(luck * started.length)];
    if (pid !== undefined && child.exitCode === null) killNow(pid);
    await ended;
  }

  /** The store says that it is whole, or what is not and mends it. */
  async function assertWhole(): Promise<void> {
    const found = await box.wherry(["system", "check"]);
    if (found.status === 0) return;
    assert.notEqual(found.stdout + found.stderr, "");
    const repaired = await box.wherry(["system", "check", "--repair"]);
    assert.equal(
      repaired.status,
      0,
      `after ${found.stdout}${found.stderr}: ${repaired.stdout}${repaired.stderr}`,
    );
    await box.ok("system", "check");
  }

  /** Takes away what the commands are meant to leave. */
  async function clean(): Promise<void> {
    await box.ok("rm", "-f", "-a", "-t", "0");
    await box.ok("volume", "prune", "-f", "-a");
    await box.ok("secret", "rm", "-a");
    const { stdout } = await box.wherry(["images", "-a", "--format", "{{.Repository}}:{{.Tag}}"]);
    const names = stdout.split("\n").filter((name) => name !== "" && !/^localhost\/bb:|<none>/.test(name));
    if (names.length > 0) await box.ok("rmi", "-f", ...names);
    await box.ok("image", "prune", "-f");
    await box.user.run("wherry-build", ["cache", "prune", "-f", "-a"]);
  }

  /** What is left once processes that were ending have ended. */
  async function settled(): Promise<Traces> {
    for (let tries = 0; ; tries++) {
      const traces = tracesOf(box);
      if (tries === 60 || JSON.stringify(traces) === JSON.stringify(atRest)) return traces;
      await sleep(100);
    }
  }
});

function prepareFiles({ user }: Box): void {
  const context = join(user.home, "context");
  mkdirSync(join(context, "files"), { recursive: true });
  for (let index = 0; index < 100; index++)
    writeFileSync(join(context, "files", `${index}`), `${index}\n`.repeat(500));
  writeFileSync(
    join(context, "Containerfile"),
    "FROM localhost/bb\nCOPY files /files\nRUN --network=none cat /files/* >/all\nCMD true\n",
  );
  mkdirSync(join(user.home, "made", "data"), { recursive: true });
  for (let index = 0; index < 20; index++)
    writeFileSync(join(user.home, "made", "data", `file-${index}`), `${index}`);
  spawnSync("tar", ["-C", context, "-cf", join(user.home, "tree.tar"), "files"]);
  spawnSync("chown", [
    "-R",
    `${user.uid}:${user.gid}`,
    context,
    join(user.home, "made"),
    join(user.home, "tree.tar"),
  ]);
}

/** What is there of us when nothing runs. */
interface Traces {
  /** Programs of processes that were started with this home. */
  readonly processes: readonly string[];
  /** Names in the folders of state and runtime, without those of blobs and layers. */
  readonly files: readonly string[];
  readonly mounts: readonly string[];
}

function tracesOf({ user }: Box): Traces {
  const folders = [
    join(user.home, ".local", "share", "wherry"),
    join(user.env["XDG_RUNTIME_DIR"] ?? "", "wherry"),
  ];
  return {
    processes: processesBelow(user.home)
      .map((pid) => textOf(pid, "comm").trim())
      .sort(),
    files: folders.flatMap((folder) => namesBelow(folder)).sort(),
    mounts: readFileSync("/proc/self/mountinfo", "utf8")
      .split("\n")
      .filter((line) => line.includes(user.home)),
  };
}

/** Without what lies in blobs and layers, which `system check` knows, and the folders for all of a kind. */
function namesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: relative(folder, join(entry.parentPath, entry.name)) }))
    .filter(({ entry, path }) => {
      const depth = path.split("/").length;
      return (
        depth <= 3 && !(depth === 1 && entry.isDirectory()) && !/^(?:blobs|layers|links|tree)\//.test(path)
      );
    })
    .map(({ path }) => path);
}

/** Processes that were started with that home and have not ended. */
function processesBelow(home: string): number[] {
  return processesWithHome(home).filter((pid) => !/ Z /.test(textOf(pid, "stat").replace(/\(.*\)/s, "")));
}

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}

/** mulberry32: numbers from 0 to below 1. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
