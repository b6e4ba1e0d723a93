import assert from "node:assert/strict";
import { spawn } from "@lydell/node-pty";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
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

  it("leaves our own terminal as it was", async () => {
    const [program = "", ...become] = box.user.become;
    const script =
      "stty -g > before; wherry run --rm -it --network none bb true; stty -g > after; cmp before after && echo same";
    const pty = spawn(program, [...become, "sh", "-c", script], { cwd: box.user.home });
    let screen = "";
    pty.onData((text) => (screen += text));
    await new Promise((resolve) => pty.onExit(resolve));
    assert.match(screen, /same/);
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
