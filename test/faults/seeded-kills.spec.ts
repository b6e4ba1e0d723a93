import { setTimeout as sleep } from "node:timers/promises";
import { finish } from "../support/user.ts";
import { COMMANDS, type Command } from "./commands.ts";
import { during, pick, randomNumbers, RUNS, SEED } from "./random.ts";
import { processesBelow } from "./traces.ts";
import { Trials } from "./trials.ts";

const TIMES = RUNS ?? 5;

/** `WHERRY_FAULT_COMMANDS='^wherry (run|rm)'`: the command lines that are run, instead of all. */
const CHOSEN = new RegExp(process.env["WHERRY_FAULT_COMMANDS"] ?? "");
const CANDIDATES = COMMANDS.filter(({ program, args }) => CHOSEN.test([program, ...args].join(" ")));

/** After so many runs all is taken away, and what is left compared with what there was at first. */
const ROUND = 5;

/** A kill -9 at a random moment of a random command, or of a process it started, again and again. */
describe(`a kill -9 at any moment (seed ${SEED}, ${TIMES} times)`, function () {
  this.timeout(Math.max(120_000, TIMES * 60_000));
  let trials: Trials;
  const durations = new Map<Command, number>();

  before(async () => {
    trials = await Trials.open();
  });
  after(() => trials[Symbol.asyncDispose]());

  it("leaves a store that is whole, and nothing else", async () => {
    const random = randomNumbers(SEED);
    for (let run = 1; run <= TIMES; run++) {
      const command = pick(CANDIDATES, random());
      const share = random();
      const victim = random() < 0.7 ? "itself" : "any";
      const luck = random();
      try {
        const duration = durations.get(command) ?? (await trials.runWhole(command));
        durations.set(command, duration);
        await killWithin(command, share * duration, victim, luck);
        await trials.assertWhole();
        await trials.undo(command);
        if (run % ROUND === 0 || run === TIMES) await trials.assertNothingLeft();
      } catch (error) {
        const line = [command.program, ...command.args].join(" ");
        throw during(`run ${run}: ${line}, ${victim} killed after ${share.toFixed(2)} of its time`, error);
      }
    }
  });

  async function killWithin(
    command: Command,
    delay: number,
    victim: "itself" | "any",
    luck: number,
  ): Promise<void> {
    await trials.prepare(command);
    const { home } = trials.user;
    const others = new Set(processesBelow(home));
    const child = trials.start(command);
    const ended = finish(child);
    await sleep(delay);
    const started = processesBelow(home).filter((pid) => !others.has(pid));
    const pid = victim === "itself" ? child.pid : started[Math.floor(luck * started.length)];
    if (pid !== undefined && child.exitCode === null) killNow(pid);
    await ended;
  }
});

function killNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}
