import assert from "node:assert/strict";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";
import { textOf } from "../support/processes.ts";
import { tracesOf } from "./traces.ts";

/** `WHERRY_TEST_LONG=1`: as many, and as long, as was asked for; else what shows the same in seconds. */
const IS_LONG = process.env["WHERRY_TEST_LONG"] === "1";
const CONTAINERS = IS_LONG ? 200 : 20;
const AT_A_TIME = 8;
const SECONDS = IS_LONG ? 60 : 2;
/** Numbered lines, about a megabyte of them. */
const LINES = 140_000;

describe("much at once", function () {
  this.timeout(IS_LONG ? 900_000 : 120_000);
  let box: Box;
  before(async () => {
    box = await openBox();
    await box.ok("run", "--rm", "--network", "none", "bb", "true"); // what stays is made by the first one
  });
  after(() => box[Symbol.asyncDispose]());

  it(`starts ${CONTAINERS} containers, ${AT_A_TIME} commands at a time, and removes all with all they had`, async () => {
    const atRest = JSON.stringify(tracesOf(box.user));
    const names = Array.from({ length: CONTAINERS }, (_, index) => `c${index}`);
    const left = [...names];
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        for (let name = left.pop(); name !== undefined; name = left.pop())
          await box.ok("run", "-d", "--name", name, "--network", "none", "bb", "sleep", "10000");
      }),
    );
    const running = await box.ok("ps", "--format", "{{.Names}} {{.State}}");
    assert.deepEqual(running.split("\n").sort(), names.map((name) => `${name} running`).sort());
    const removed = await box.wherry(["rm", "-f", "-a", "-t", "0"], { timeoutMs: 600_000 });
    assert.deepEqual([removed.status, removed.stderr], [0, ""]);
    assert.equal(await box.ok("ps", "-aq"), "");
    let traces = tracesOf(box.user);
    for (let tries = 0; tries < 100 && JSON.stringify(traces) !== atRest; tries++) {
      await sleep(100); // monitors that are ending
      traces = tracesOf(box.user);
    }
    assert.equal(JSON.stringify(traces), atRest);
    assert.equal(await box.ok("system", "check"), "");
  });

  it(`loses nothing of ${SECONDS} MB, a megabyte a second, that its reader takes later, and holds little of it meanwhile`, async () => {
    const talk = `i=0; while [ $i -lt ${SECONDS} ]; do seq $((i*${LINES}+1)) $(((i+1)*${LINES})); sleep 1; i=$((i+1)); done`;
    const args = ["run", "--rm", "--name", "t", "--network", "none", "bb", "sh", "-c", talk];
    const child = box.user.start("wherry", args, { stdio: ["ignore", "pipe", "inherit"] });
    const output = child.stdout;
    assert.ok(output);
    const ended = once(child, "exit");
    await once(output, "readable"); // the first of it is there, and is left there
    const first = residentBytes(child.pid);
    await sleep(SECONDS * 1000);
    const grown = residentBytes(child.pid) - first;
    assert.ok(grown < 32e6, `${grown} bytes more`);
    assert.equal(await box.ok("ps", "--format", "{{.Names}} {{.State}}"), "t running");
    let next = 1;
    let rest = "";
    for await (const chunk of output.setEncoding("latin1") as AsyncIterable<string>) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) assert.equal(line, String(next++));
    }
    assert.deepEqual(await ended, [0, null]);
    assert.deepEqual([next - 1, rest], [SECONDS * LINES, ""]);
  });

  it("lets a container go on whose reader has gone", async () => {
    const talk = `seq 1 ${LINES}; echo done`;
    const line = `wherry run --name gone --network none bb sh -c '${talk}' | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await box.user.run("bash", ["-c", line]);
    assert.deepEqual([stdout, stderr], ["1\n141\n", ""]);
    assert.equal(await box.ok("wait", "gone"), "0");
    assert.equal(await box.ok("logs", "--tail", "1", "gone"), "done");
    await box.ok("rm", "gone");
  });
});

function residentBytes(pid = 0): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(textOf(pid, "status"))?.[1]) * 1024;
}
