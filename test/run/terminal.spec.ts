import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
import { patience } from "../support/patience.ts";
import { Terminal } from "../support/pty.ts";

describe("wherry on a terminal", function () {
  this.timeout(60_000);
  let box: Box;
  let terminal: Terminal | undefined;

  before(async () => {
    box = await openBox({ Cmd: ["sh"], Env: ["PATH=/bin", "PS1=prompt> "] });
  });
  after(() => box[Symbol.asyncDispose]());
  afterEach(async () => {
    terminal?.end();
    await box.wherry(["rm", "-f", "-a"]);
  });

  const eventually = async (look: () => Promise<boolean>, what: string) => {
    const deadline = performance.now() + patience(10_000);
    while (!(await look())) {
      assert.ok(performance.now() < deadline, what);
      await sleep(50);
    }
  };

  const open = (...args: readonly string[]) => (terminal = new Terminal(box, args));

  it("gives a shell that knows the size of the window, and its exit status", async () => {
    const shell = open("run", "--rm", "-it", "--network", "none", "bb");
    await shell.shows(/prompt> /);
    shell.type("tty; stty size\r");
    await shell.shows(/\/dev\/(?:pts\/0|console)\r\n23 81\r\n/);
    shell.resize(100, 40);
    await sleep(300);
    shell.type("stty size\r");
    await shell.shows(/40 100\r\n/);
    shell.type("exit 6\r");
    assert.equal(await shell.exited, 6);
  });

  it("leaves Ctrl-C to the program", async () => {
    const shell = open("run", "--rm", "-it", "--network", "none", "bb");
    await shell.shows(/prompt> /);
    shell.type("sleep 100\r");
    await sleep(400);
    shell.type("\x03");
    shell.clear();
    shell.type("echo still $((1 + 1)) here\r");
    await shell.shows(/still 2 here/);
    shell.type("exit\r");
    await shell.exited;
  });

  it("lets go by Ctrl-P Ctrl-Q, and comes back by attach", async () => {
    const shell = open("run", "-it", "--name", "shell", "--network", "none", "bb");
    await shell.shows(/prompt> /);
    shell.type("MARK=kept\r");
    await sleep(200);
    shell.type("\x10\x11");
    assert.equal(await shell.exited, 0);
    assert.equal(await box.ok("inspect", "-f", "{{.State.Status}}", "shell"), "running");
    const again = open("attach", "shell");
    again.type("echo $MARK$MARK\r");
    await again.shows(/keptkept/);
    again.type("exit 3\r");
    assert.equal(await again.exited, 3);
  });

  it("detaches by other keys with --detach-keys", async () => {
    const shell = open(
      "run",
      "-it",
      "--name",
      "keys",
      "--detach-keys",
      "ctrl-x,x",
      "--network",
      "none",
      "bb",
    );
    await shell.shows(/prompt> /);
    shell.type("\x18x");
    assert.equal(await shell.exited, 0);
    await box.until("keys", "running");
  });

  it("gives exec -it a terminal of its own", async () => {
    await box.ok("run", "-d", "--name", "host", "--network", "none", "bb", "sleep", "100");
    const shell = open("exec", "-it", "host", "sh");
    await shell.shows(/prompt> /);
    shell.type("stty size; test -t 0 && echo is a terminal\r");
    await shell.shows(/23 81\r\nis a terminal/);
    shell.type("exit 4\r");
    assert.equal(await shell.exited, 4);
  });

  it("lets go of exec -it by keys: its program goes on, and nothing is left of it at its end", async () => {
    await box.ok("run", "-d", "--name", "host", "--network", "none", "bb", "sleep", "100");
    const script =
      "trap 'echo interrupted' INT; stty size; while [ ! -e /go ]; do echo tick; sleep 0.1; done; exit 3";
    const keys = ["--detach-keys", "ctrl-x,x"];
    const exec = open("exec", "-it", ...keys, "host", "sh", "-c", script);
    await exec.shows(/23 81\r\n(?:tick\r\n)+/);
    exec.type("\x03");
    await exec.shows(/interrupted/);
    exec.type("\x10\x11\x18x");
    assert.equal(await exec.exited, 0);
    assert.match(await box.ok("top", "host", "args"), /trap/);
    const id = await box.ok("inspect", "-f", "{{.Id}}", "host");
    const bundle = join(box.user.home, "run/wherry/c", id.slice(0, 32));
    const sessions = () => readdirSync(bundle).filter((name) => name.startsWith("exec-")).length;
    assert.equal(sessions(), 1);
    await box.ok("exec", "host", "touch", "/go");
    await eventually(() => Promise.resolve(sessions() === 0), "the session's files are still there");
    const ends = ["events", "--stream=false", "--since", "10m", "--filter", "event=exec_died"];
    assert.match(await box.ok(...ends, "--format", "{{.ContainerExitCode}}"), /^3$/m);
    const { status, stderr } = await box.wherry(["exec", "-it", "--detach-keys", "ab", "host", "true"]);
    assert.deepEqual([status, stderr.split("\n")[0]], [125, 'Error: invalid detach keys "ab"']);
  });

  it("loses nothing of what a short exec -it writes, and says how it ended", async () => {
    await box.ok("run", "-d", "--name", "host", "--network", "none", "bb", "sleep", "100");
    const short = open("exec", "-it", "host", "sh", "-c", "seq 1 5000; exit 5");
    assert.equal(await short.exited, 5);
    assert.equal(short.screen, Array.from({ length: 5000 }, (_, index) => `${index + 1}\r\n`).join(""));
    assert.match(await box.ok("exec", "-t", "host", "tty"), /^\/dev\/(?:pts\/\d+|console)$/m);
    const missing = open("exec", "-it", "host", "nope");
    assert.equal(await missing.exited, 127);
    assert.match(missing.screen, /^Error: .*nope.* not found\r\n/m);
    const closed = open("exec", "-it", "host", "sh", "-c", "echo up; sleep 0.5; touch /alive; sleep 100");
    await closed.shows(/up/);
    closed.end();
    const isAlive = async () => (await box.wherry(["exec", "host", "test", "-e", "/alive"])).status === 0;
    await eventually(isAlive, "the program has ended with its terminal");
    const killed = open("exec", "-it", "host", "sh", "-c", "kill -9 $$");
    assert.equal(await killed.exited, 137);
  });

  it("leaves our own terminal as it was", async () => {
    const [program = "", ...become] = box.user.become;
    const script =
      "stty -g > before; wherry run --rm -it --network none bb true; stty -g > after; cmp before after && echo same;" +
      "wherry exec -it host cat; stty -g > after; cmp before after && echo detached; " +
      "sh -c 'echo $$ >pid; exec wherry exec -it host cat'; stty -g > after; cmp before after && echo ended; " +
      "wherry exec -it host nope; stty -g > after; cmp before after && echo failed";
    await box.ok("run", "-d", "--name", "host", "--network", "none", "bb", "sleep", "100");
    const pty = spawn(program, [...become, "sh", "-c", script], { cwd: box.user.home });
    let screen = "";
    const kill = () => process.kill(Number(readFileSync(join(box.user.home, "pid"), "utf8")), "SIGTERM");
    const steps = [
      { seen: /same/, act: () => pty.write("here\r") },
      { seen: /here\r\nhere\r\n$/, act: () => pty.write("\x10\x11") },
      { seen: /detached/, act: () => pty.write("there\r") },
      { seen: /there\r\nthere\r\n$/, act: kill },
    ];
    pty.onData((text) => {
      screen += text;
      if (steps[0]?.seen.test(screen) === true) steps.shift()?.act();
    });
    await new Promise((resolve) => pty.onExit(resolve));
    assert.match(screen, /same[^]*detached[^]*ended[^]*failed/);
  });

  it("ends a foreground run without -t by Ctrl-C", async () => {
    const run = open(
      "run",
      "--name",
      "plain",
      "--network",
      "none",
      "bb",
      "sh",
      "-c",
      'trap "exit 7" INT; echo up; while :; do sleep 0.05; done',
    );
    await run.shows(/up/);
    run.type("\x03");
    assert.equal(await run.exited, 7);
  });
});
