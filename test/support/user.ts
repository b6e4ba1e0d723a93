import {
  spawn,
  spawnSync,
  type ChildProcess,
  type SpawnOptions,
  type SpawnSyncReturns,
} from "node:child_process";
import {
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { patience } from "./patience.ts";
import { installTools, type Tools } from "./tools.ts";
import { WarmPrograms } from "./warm-programs.ts";

export interface Result {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface UserRunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Default a minute; see `patience`. */
  readonly timeoutMs?: number;
}

/** The ordinary user of a test: itself when the tests run as one, else one that was made for them. */
export interface TestUser extends AsyncDisposable {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Empty home folder, removed at the end. Paths of sockets below it stay short. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** The built CLIs on its PATH. */
  readonly tools: Tools;
  /** argv that becomes this user, with exactly `env`, in front of another argv. */
  readonly become: readonly string[];
  /**
   * Runs a program as the user to its end. `wherry`, `wherry-build`, `wherry-image` are on its PATH; their short commands, given
   * neither input nor variables, run in one process of the user that stays for the next.
   */
  run(program: string, args?: readonly string[], options?: UserRunOptions): Promise<Result>;
  start(program: string, args: readonly string[], options?: SpawnOptions): ChildProcess;
}

/**
 * An ordinary user with a home of its own. Run by root it makes a user with subordinate ids, and removes it on dispose;
 * otherwise it is the user who runs the tests, with a temporary home.
 */
export function testUser(name = `wherry-test-${process.pid}`): TestUser {
  const isRoot = process.getuid?.() === 0;
  const { uid, gid, userName } = isRoot ? makeUser(name) : { ...ids(), userName: userInfo().username };
  const home = mkdtempSync(join(tmpdir(), "wh-"));
  const runtime = join(home, "run");
  mkdirSync(runtime, { mode: 0o700 });
  for (const folder of [home, runtime]) chownSync(folder, uid, gid);
  const tools = installTools();
  const env = environment(home, runtime, userName, tools);
  const become = isRoot
    ? ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "--", "env", "-i", ...assignments(env)]
    : ["env", "-i", ...assignments(env)];
  const start = (program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess => {
    const [first = "", ...rest] = [...become, program, ...args];
    return spawn(first, rest, { cwd: home, ...options });
  };
  const warm = new WarmPrograms(start, tools.root);
  const run: TestUser["run"] = (program, args = [], options = {}) => {
    const { input, env: more = {}, cwd = home } = options;
    const timeoutMs = patience(options.timeoutMs ?? 60_000);
    const isPlain = Object.keys(more).length === 0 && input === undefined;
    if (isPlain && warm.takes(program, args)) return warm.run(program, args, { cwd, timeoutMs });
    const limits = { timeout: timeoutMs, killSignal: "SIGKILL" } as const;
    return finish(start("env", [...assignments(more), program, ...args], { cwd, ...limits }), input);
  };
  return {
    name: userName,
    uid,
    gid,
    home,
    env,
    tools,
    become,
    start,
    run,
    async [Symbol.asyncDispose]() {
      await run("wherry", ["rm", "-f", "-a"], { timeoutMs: 30_000 });
      warm[Symbol.dispose]();
      endProcesses(home, uid, isRoot);
      removeTree(home, [...become]);
      tools[Symbol.dispose]();
      if (isRoot) changeAccounts("userdel", ["-f", userName]);
    },
  };
}

/** Waits for a child and collects what it writes. */
export function finish(child: ChildProcess, input?: string | Uint8Array): Promise<Result> {
  return new Promise((resolve, reject) => {
    const output = { stdout: "", stderr: "" };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
    child.once("error", reject);
    child.once("close", (status, signal) => {
      resolve({ status, signal, ...output });
    });
  });
}

function ids(): { uid: number; gid: number } {
  return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

function makeUser(name: string): { uid: number; gid: number; userName: string } {
  must("useradd", ["--no-create-home", "--shell", "/bin/sh", name]);
  for (const [file, flag] of [
    ["/etc/subuid", "--add-subuids"],
    ["/etc/subgid", "--add-subgids"],
  ] as const) {
    if (hasSubIds(file, name)) continue;
    must("usermod", [flag, "200000000-200065535", name]);
  }
  const [, , uid, gid] = lineOf("/etc/passwd", name)?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid), userName: name };
}

function hasSubIds(file: string, name: string): boolean {
  return existsSync(file) && lineOf(file, name) !== undefined;
}

function lineOf(file: string, name: string): string | undefined {
  return readFileSync(file, "utf8")
    .split("\n")
    .find((line) => line.startsWith(`${name}:`));
}

function environment(home: string, runtime: string, userName: string, tools: Tools): Record<string, string> {
  return {
    HOME: home,
    USER: userName,
    XDG_RUNTIME_DIR: runtime,
    PATH: `${tools.bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
    LANG: "C.UTF-8",
    TERM: "xterm",
  };
}

function assignments(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

/**
 * Ends what the test left running: of a user made for it everything, else the namespace holders that its runtime folders name.
 */
function endProcesses(home: string, uid: number, isOurs: boolean): void {
  const pids = isOurs ? processesOf(uid) : holdersBelow(home);
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended meanwhile
    }
  }
}

function processesOf(uid: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 1 && uidOf(pid) === uid);
}

function uidOf(pid: number): number | undefined {
  try {
    return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]);
  } catch {
    return undefined;
  }
}

function holdersBelow(home: string): number[] {
  return globSync("run*/wherry/userns.json", { cwd: home }).map(
    (path) => (JSON.parse(readFileSync(join(home, path), "utf8")) as { pid: number }).pid,
  );
}

/** Removes a tree that may hold files of subordinate ids: they belong to root of the user's own namespace. */
function removeTree(path: string, become: readonly string[]): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    const [program, ...args] = [
      ...become,
      "unshare",
      "--user",
      "--map-auto",
      "--map-root-user",
      "rm",
      "-rf",
      path,
    ];
    spawnSync(program, args, { stdio: "ignore" });
    rmSync(path, { recursive: true, force: true });
  }
}

function must(program: string, args: readonly string[]): void {
  const { status, stderr } = changeAccounts(program, args);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr}`);
}

/** useradd and its kin give up at once while another of them holds the lock of the account files. */
function changeAccounts(program: string, args: readonly string[]): SpawnSyncReturns<string> {
  for (let triesLeft = 100; ; triesLeft--) {
    const result = spawnSync(program, args, { encoding: "utf8" });
    if (triesLeft === 0 || !result.stderr.includes("cannot lock")) return result;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
}
