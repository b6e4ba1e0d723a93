import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";
import type { Result, TestUser } from "../support/user.ts";
import { MADE_FILES, type Command } from "./commands.ts";
import { tracesOf, type Traces } from "./traces.ts";

/** A place where commands are run under bad luck, and what has to be so after each. */
export class Trials implements AsyncDisposable {
  readonly box: Box;
  readonly #registry: TestRegistry;
  #atRest: Traces | undefined;

  private constructor(box: Box, registry: TestRegistry) {
    this.box = box;
    this.#registry = registry;
  }

  /** @param onUser what is done to the user's empty home before anything else */
  static async open(onUser?: (user: TestUser) => void): Promise<Trials> {
    const registry = await startRegistry({ auth: { kind: "basic", username: "john", password: "pass" } });
    const trials = new Trials(await openBox(undefined, onUser), registry);
    try {
      prepareFiles(trials.user);
      await trials.#must("wherry save -q -o HOME/image.tar bb");
      await trials.#must("wherry-build build -q -t localhost/built HOME/context");
      await trials.#must("wherry-build cache export oci:HOME/kept-cache");
      await trials.#clean();
      trials.#atRest = tracesOf(trials.user);
      return trials;
    } catch (error) {
      await trials[Symbol.asyncDispose]();
      throw error;
    }
  }

  get user(): TestUser {
    return this.box.user;
  }

  /** argv of a command line, with the places it names. */
  words(line: string | readonly string[]): [string, ...string[]] {
    const [program = "", ...args] = (typeof line === "string" ? line.split(" ") : line).map((word) =>
      word.replace("HOME", this.user.home).replace("REGISTRY", this.#registry.host),
    );
    return [program, ...args];
  }

  async prepare({ before }: Command): Promise<void> {
    for (const line of before) await this.#must(line);
  }

  /** Runs a command that nothing happens to, with what it needs before it, and takes away what it left. */
  async runWhole(command: Command): Promise<number> {
    await this.prepare(command);
    const start = performance.now();
    const result = await this.run(command);
    assert.equal(result.status, 0, `${command.args.join(" ")}: ${result.stderr}`);
    const duration = performance.now() - start;
    await this.undo(command);
    return duration;
  }

  start({ program, args }: Command): ChildProcess {
    const [first, ...rest] = this.words([program, ...args]);
    return this.user.start(first, rest, { stdio: "ignore" });
  }

  /** Runs a command, prepared before, whatever comes of it. */
  run({ program, args }: Command, wrapper: readonly string[] = []): Promise<Result> {
    const [first, ...rest] = this.words([...wrapper, program, ...args]);
    return this.user.run(first, rest);
  }

  /** The store says that it is whole, or what is not, and mends it. */
  async assertWhole(): Promise<void> {
    const { box } = this;
    const found = await box.wherry(["system", "check"]);
    const said = found.stdout + found.stderr;
    if (found.status !== 0 || said !== "") {
      assert.match(found.stdout, /^(?:damaged|unused): /, `status ${found.status ?? "a signal"}: ${said}`);
      const { status, stdout, stderr } = await box.wherry(["system", "check", "--repair"]);
      assert.equal(status, 0, `after ${said}: ${stdout}${stderr}`);
      assert.equal(await box.ok("system", "check"), "", `after ${said}: ${stdout}${stderr}`);
    }
  }

  /** Takes away what the command left, and runs a container, which nothing keeps from that. */
  async undo(command: Command): Promise<void> {
    await this.box.ok("rm", "-f", "-a", "-t", "0");
    if (command.program === "wherry-build") await this.#must("wherry-build rm -a");
    for (const line of command.undo) {
      const [program, ...args] = this.words(line);
      await this.user.run(program, args);
    }
    for (const name of MADE_FILES) rmSync(join(this.user.home, name), { recursive: true, force: true });
    await this.box.ok("run", "--rm", "--network", "none", "bb", "true");
  }

  /** Takes all away that commands are meant to leave, and compares what is left with what there was at first. */
  async assertNothingLeft(): Promise<void> {
    await this.#clean();
    await this.assertWhole();
    for (let tries = 0; ; tries++) {
      const traces = tracesOf(this.user);
      if (tries < 60 && JSON.stringify(traces) !== JSON.stringify(this.#atRest)) {
        await sleep(100); // processes that are ending
        continue;
      }
      assert.deepEqual(traces, this.#atRest);
      return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry[Symbol.asyncDispose]();
    await this.box[Symbol.asyncDispose]();
  }

  async #clean(): Promise<void> {
    const { box } = this;
    await box.ok("rm", "-f", "-a", "-t", "0");
    await this.#must("wherry-build rm -a");
    await box.ok("volume", "prune", "-f", "-a");
    await box.ok("secret", "rm", "-a");
    const names = (await box.ok("images", "-a", "--format", "{{.Repository}}:{{.Tag}}"))
      .split("\n")
      .filter((name) => name !== "" && !/^localhost\/bb:|<none>/.test(name));
    if (names.length > 0) await box.ok("rmi", "-f", ...names);
    await box.ok("image", "prune", "-f");
    await this.#must("wherry-build cache prune");
  }

  async #must(line: string): Promise<void> {
    const [program, ...args] = this.words(line);
    const { status, stderr } = await this.user.run(program, args);
    assert.equal(status, 0, `${line}: ${stderr}`);
  }
}

function prepareFiles({ home, uid, gid }: TestUser): void {
  const context = join(home, "context");
  mkdirSync(join(context, "files"), { recursive: true });
  for (let index = 0; index < 100; index++)
    writeFileSync(join(context, "files", `${index}`), `${index}\n`.repeat(500));
  writeFileSync(
    join(context, "Containerfile"),
    "FROM localhost/bb\nCOPY files /files\nRUN --network=none cat /files/* >/all\nCMD true\n",
  );
  mkdirSync(join(home, "made", "data"), { recursive: true });
  for (let index = 0; index < 20; index++)
    writeFileSync(join(home, "made", "data", `file-${index}`), `${index}`);
  spawnSync("tar", ["-C", context, "-cf", join(home, "tree.tar"), "files"]);
  for (const path of [context, join(home, "made"), join(home, "tree.tar")])
    spawnSync("chown", ["-R", `${uid}:${gid}`, path]);
}
