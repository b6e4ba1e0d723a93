import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, chownSync, mkdirSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { Result, TestUser } from "../support/user.ts";
import { COMMANDS, type Command } from "./commands.ts";
import { during, pick, randomNumbers, RUNS, SEED } from "./random.ts";
import { Trials } from "./trials.ts";

const isRoot = process.getuid?.() === 0;
const reason = isRoot ? "" : " (skipped: only root can make small disks)";
const TIMES = RUNS ?? 4;

/** After so many runs all is taken away, and what is left compared with what there was at first. */
const ROUND = 4;

const KINDS = ["no space", "no inodes", "few descriptors", "input and output errors"] as const;
const ROOMY = { size: 256 * 1024 * 1024, inodes: 100_000 };

/**
 * System calls of a random command fail: the disk gets full at a random point, the limit on open files is small, or a read or
 * write gives EIO, once or from some call on.
 */
describe(`failing system calls (seed ${SEED}, ${TIMES} times)${reason}`, function () {
  this.timeout(Math.max(120_000, TIMES * 60_000));
  let trials: Trials;
  /** How many calls below the home folder a whole run makes. */
  const calls = new Map<Command, number>();

  before(async function () {
    if (!isRoot) this.skip();
    trials = await Trials.open(makeDisk);
    copyFileSync(join(import.meta.dirname, "failing-io.cjs"), join(trials.user.home, "failing-io.cjs"));
  });
  after(async () => {
    if (!isRoot) return;
    await trials.box.wherry(["rm", "-f", "-a", "-t", "0"]);
    mustRoot("umount", "--lazy", trials.user.home);
    await trials[Symbol.asyncDispose]();
  });

  it("end in one sentence, and leave a store that is whole", async () => {
    const random = randomNumbers(SEED);
    for (let run = 1; run <= TIMES; run++) {
      const kind = KINDS[(run - 1) % KINDS.length] ?? assert.fail();
      const command = pick(COMMANDS, random());
      const luck = random();
      const line = [command.program, ...command.args].join(" ");
      let what = `run ${run}: ${line}, with ${kind}`;
      try {
        if (kind === "input and output errors" && !calls.has(command)) await countCalls(command);
        await trials.prepare(command);
        const { bad, result } = await strike(kind, command, luck, random());
        what = `run ${run}: ${line}, with ${bad}, which gave ${result.status ?? result.signal ?? ""}: ${result.stderr}`;
        assertTold(result);
        await trials.assertWhole();
        await trials.undo(command);
        if (run % ROUND === 0 || run === TIMES) await trials.assertNothingLeft();
      } catch (error) {
        throw during(what, error);
      }
    }
  });

  async function strike(
    kind: (typeof KINDS)[number],
    command: Command,
    luck: number,
    second: number,
  ): Promise<{ bad: string; result: Result }> {
    const { home } = trials.user;
    switch (kind) {
      case "no space": {
        const left = Math.floor(luck * luck * 6 * 1024) * 1024;
        resizeDisk(home, { size: usedOf(home).size + left });
        const result = await trials.run(command);
        resizeDisk(home, ROOMY);
        return { bad: `${left} bytes left`, result };
      }
      case "no inodes": {
        const left = Math.floor(luck * luck * 200);
        resizeDisk(home, { inodes: usedOf(home).inodes + left });
        const result = await trials.run(command);
        resizeDisk(home, ROOMY);
        return { bad: `${left} inodes left`, result };
      }
      case "few descriptors": {
        const limit = LEAST_DESCRIPTORS + Math.floor(luck * 30);
        return {
          bad: `ulimit -n ${limit}`,
          result: await trials.run(command, ["prlimit", `--nofile=${limit}:${limit}`]),
        };
      }
      case "input and output errors": {
        const at = 1 + Math.floor(luck * (calls.get(command) ?? 0));
        const times = second < 0.5 ? 1 : 1_000_000;
        const result = await trials.run(command, injected({ at, times }));
        return { bad: `EIO from call ${at} on, ${times} times`, result };
      }
    }
  }

  async function countCalls(command: Command): Promise<void> {
    const file = join(trials.user.home, "calls");
    await trials.prepare(command);
    await trials.run(command, injected({ at: 0, times: 0, file }));
    calls.set(command, Math.max(...readFileSync(file, "utf8").trim().split("\n").map(Number)));
    rmSync(file);
    await trials.undo(command);
  }

  /** Words before a command that have the file system calls of each Node process below it fail. */
  function injected({ at, times, file }: { at: number; times: number; file?: string }): string[] {
    const module = join(trials.user.home, "failing-io.cjs");
    return [
      "env",
      `NODE_OPTIONS=--require=${module}`,
      `FAILING_IO=${JSON.stringify({ below: trials.user.home, at, times, file })}`,
    ];
  }
});

/** With fewer of them Node itself does not come up. */
const LEAST_DESCRIPTORS = 24;

/** What a user reads is a sentence of ours, and no stack. */
function assertTold({ status, signal, stderr }: Result): void {
  assert.equal(signal, null);
  assert.doesNotMatch(stderr, /internal error|\n\s+at .*\(|node:internal/);
  if (status !== 0) assert.match(stderr, /\S/);
}

/** The user's home on a file system of its own, whose size can be changed. */
function makeDisk({ home, uid, gid }: TestUser): void {
  const { size, inodes } = ROOMY;
  const options = `size=${size},nr_inodes=${inodes},uid=${uid},gid=${gid},mode=0700`;
  mustRoot("mount", "-t", "tmpfs", "-o", options, "wherry-disk", home);
  mkdirSync(join(home, "run"), { mode: 0o700 });
  chownSync(join(home, "run"), uid, gid);
}

function resizeDisk(home: string, { size, inodes }: { size?: number; inodes?: number }): void {
  const options = [
    "remount",
    ...(size === undefined ? [] : [`size=${Math.max(size, 4096)}`]),
    ...(inodes === undefined ? [] : [`nr_inodes=${Math.max(inodes, 1)}`]),
  ];
  mustRoot("mount", "-o", options.join(","), home);
}

function usedOf(home: string): { size: number; inodes: number } {
  const { bsize, blocks, bfree, files, ffree } = statfsSync(home);
  return { size: (blocks - bfree) * bsize, inodes: files - ffree };
}

function mustRoot(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
}
