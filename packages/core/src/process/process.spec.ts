import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, identify, isRunning, lockFile, run } from "./index.ts";

describe("run", () => {
  it("gives output and passes input", async () => {
    const { stdout, status } = await run("cat", [], { input: "hello" });
    assert.equal(stdout.toString(), "hello");
    assert.equal(status, 0);
  });

  it("fails with the program's own last words", async () => {
    await assert.rejects(run("sh", ["-c", "echo first >&2; echo last words >&2; exit 3"]), {
      code: "ERR_WHERRY_PROGRAM_FAILED",
      message: "sh failed with status 3: last words",
    });
  });

  it("says which program is missing and what for", async () => {
    await assert.rejects(run("no-such-program", [], { purpose: "map user ids" }), {
      code: "ERR_WHERRY_PROGRAM_NOT_FOUND",
      message: "no-such-program not found, which is needed to map user ids",
    });
  });

  it("kills what takes too long", async () => {
    await assert.rejects(run("sleep", ["30"], { timeoutMs: 50 }), /was ended by SIGKILL/);
  });
});

describe("start", () => {
  it("says at once that there are no descriptors left for a program's streams", async () => {
    const script = `
      import { closeSync, openSync } from "node:fs";
      import { start } from ${JSON.stringify(join(import.meta.dirname, "index.ts"))};
      const held = [];
      try { for (;;) held.push(openSync("/dev/null")); } catch {}
      for (let spare = 0; spare < 4; spare++) closeSync(held.pop());
      try { start("true", [], { stdio: ["pipe", "pipe", "pipe"] }); } catch (error) { console.error(error.message); }`;
    const node = [process.execPath, "--conditions=wherry-source", "--input-type=module", "-e", script];
    const { stderr } = await run("sh", ["-c", 'ulimit -n 40; exec "$@"', "sh", ...node]);
    assert.match(stderr, /cannot start true: too many open files/);
  });
});

describe("findProgram", () => {
  it("finds programs by name and by path, and only executable files", () => {
    assert.equal(findProgram("sh", "/nowhere") !== undefined, true);
    assert.equal(findProgram("/bin/sh"), "/bin/sh");
    assert.equal(findProgram("/etc/passwd"), undefined);
    assert.equal(findProgram("/bin"), undefined);
    assert.equal(findProgram("no-such-program"), undefined);
  });
});

describe("identify", () => {
  it("knows this process from another with its pid", () => {
    const self = identify(process.pid);
    assert.ok(self);
    assert.equal(isRunning(self), true);
    assert.equal(isRunning({ ...self, startTime: "1" }), false);
    assert.equal(identify(2 ** 22 + 1), undefined);
  });
});

describe("lockFile", () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "wherry-lock-"));
    path = join(directory, "lock");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("keeps a second holder out until the first lets go", async () => {
    const first = await lockFile(path);
    await assert.rejects(lockFile(path, { timeoutSeconds: 0.1 }), { code: "ERR_WHERRY_LOCK_TIMEOUT" });
    const second = lockFile(path);
    first[Symbol.dispose]();
    (await second)[Symbol.dispose]();
    (await lockFile(path, { timeoutSeconds: 0.1 }))[Symbol.dispose]();
  });

  it("hears of an interruption while it waits, and does not take the lock afterwards", async () => {
    const first = await lockFile(path);
    const controller = new AbortController();
    const reason = new Error("interrupted");
    const waiting = lockFile(path, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 50);
    await assert.rejects(waiting, reason);
    first[Symbol.dispose]();
    (await lockFile(path, { timeoutSeconds: 1 }))[Symbol.dispose]();
  });
});
