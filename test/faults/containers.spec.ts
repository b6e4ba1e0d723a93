import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openBox, type Box } from "../support/box.ts";

const FOR_EVER = ["sh", "-c", "while :; do sleep 0.1; done"];

describe("containers to which odd things happen", function () {
  this.timeout(120_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());
  afterEach(async () => {
    await box.ok("rm", "-f", "-a", "-t", "0");
    await until(() => monitorsOf(box.user.uid).length === 0);
    assert.equal(await box.ok("system", "check"), "");
  });

  const detached = (name: string, ...flags: readonly string[]) =>
    box.ok("run", "-d", "--name", name, "--network", "none", ...flags, "bb", ...FOR_EVER);

  it("live on when their runtime folder is removed, and are stopped, started and removed", async () => {
    await detached("lost");
    const folder = join(box.user.home, "run/wherry");
    rmSync(join(folder, "c"), { recursive: true });
    assert.equal(await box.ok("ps", "--format", "{{.Names}} {{.State}}"), "lost running");
    assert.equal(await box.ok("exec", "lost", "echo", "hi"), "hi");
    rmSync(folder, { recursive: true });
    for (const words of [
      ["exec", "lost", "true"],
      ["attach", "lost"],
    ]) {
      const { status, stderr } = await box.wherry(words);
      assert.equal(status, 125);
      assert.match(stderr, /^Error: cannot .* container lost: \S+ was removed while it ran\n/);
    }
    await box.ok("restart", "-t", "0", "lost");
    assert.equal(await box.ok("exec", "lost", "echo", "again"), "again");
    rmSync(folder, { recursive: true });
  });

  it("are what one of 32 commands at once has made of them", async () => {
    await detached("crowd");
    const commands = ["stop -t 0", "start", "kill", "inspect", "exec", "pause", "unpause", "restart -t 0"];
    const all = Array.from({ length: 32 }, (_, index) => commands[index % commands.length] ?? "");
    const results = await Promise.all(
      all.map((command) =>
        box.wherry([...command.split(" "), "crowd", ...(command === "exec" ? ["true"] : [])], {
          timeoutMs: 60_000,
        }),
      ),
    );
    for (const [index, { status, stderr }] of results.entries()) {
      assert.notEqual(status, null, `${all[index] ?? ""} does not end`);
      assert.doesNotMatch(stderr, /internal error/);
    }
    assert.match(
      await box.ok("ps", "-a", "--format", "{{.Names}} {{.State}}"),
      /^crowd (?:running|exited|paused|created)$/,
    );
  });

  it("write on when a reader of their logs stops", async () => {
    const lines = "i=0; while [ $i -lt 60000 ]; do echo line $i of many, of many; i=$((i+1)); done";
    await box.ok("create", "--name", "talk", "--network", "none", "bb", "sh", "-c", `sleep 1; ${lines}`);
    await box.ok("start", "talk");
    const reader = box.user.start("wherry", ["logs", "-f", "talk"], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise((resolve) => reader.once("exit", resolve));
    reader.stdout?.pause();
    assert.equal(await box.ok("wait", "talk"), "0");
    assert.equal(await box.ok("logs", "--tail", "1", "talk"), "line 59999 of many, of many");
    reader.kill("SIGKILL");
    await ended;
  });

  it("are not confused by what they are called and given", async () => {
    const odd = [
      "a\nb",
      "\x1b[31mred",
      "$(reboot)",
      `"quoted" 'too'`,
      "-rf",
      "äöü €",
      "x".repeat(5000),
      "{{.ID}}",
    ];
    for (const name of ["", "../up", "-x", "a b", "a/b", "a\nb", ".hidden"]) {
      const { status, stderr } = await box.wherry(["create", `--name=${name}`, "bb", "true"]);
      assert.equal(status, 125, name);
      assert.match(stderr, /invalid container name|cannot be empty/);
    }
    const flags = odd.flatMap((text, index) => ["--label", `l${index}=${text}`, "-e", `E${index}=${text}`]);
    const print = odd.map((_, index) => `printf '%s\\0' "$E${index}"`).join("; ");
    const out = await box.ok("run", "--name", "odd", "--network", "none", ...flags, "bb", "sh", "-c", print);
    assert.deepEqual(out.split("\0").slice(0, -1), odd);
    const labels = JSON.parse(await box.ok("inspect", "-f", "{{json .Config.Labels}}", "odd")) as Record<
      string,
      string
    >;
    assert.deepEqual(Object.values(labels), odd);
    const wrong = [
      ["-v", "/tmp:/x:mood"],
      ["-v", "/tmp:relative"],
      ["-v", "/tmp:/x:upperdir=/etc"],
      ["--mount", "type=volume,src=data"],
      ["--mount", "type=bind,src=/tmp,dst=/x,suid=maybe"],
      ["--mount", "type=tmpfs,dst=/x,tmpfs-size=much"],
      ["--mount", "type=mood,dst=/x"],
      ["--tmpfs", "relative"],
    ];
    for (const words of wrong) {
      const { status, stderr } = await box.wherry(["create", ...words, "bb", "true"]);
      assert.equal(status, 125, words.join(" "));
      assert.match(stderr, /^Error: (?!internal)/);
    }
    assert.equal((await box.ok("ps", "-aq")).split("\n").length, 1);
  });
});

const isRoot = process.getuid?.() === 0;

describe(`a full disk${isRoot ? "" : " (skipped: only root can mount one)"}`, function () {
  this.timeout(120_000);

  it("keeps nobody from removing containers, volumes, secrets and images", async function () {
    if (!isRoot) this.skip();
    await using box = await openBox();
    const { user } = box;
    const share = join(user.home, ".local/share");
    mkdirSync(share, { recursive: true });
    const script = `
      mount -t tmpfs -o size=24m,uid=${user.uid},gid=${user.gid},mode=700 small '${share}'
      exec "$@" <<'END'
      set -e
      wherry pull -q oci:made/layout:bb >/dev/null
      id=$(wherry images -q)
      for name in a b c; do wherry run --name $name --network none -v v$name:/v $id sh -c 'echo >/v/f; head -c 100000 /dev/zero >/made' ; done
      echo secret | wherry secret create s - >/dev/null
      cat /dev/zero >.local/share/fill 2>/dev/null || true
      ! echo more 2>/dev/null >.local/share/more || cat /dev/zero >>.local/share/more 2>/dev/null || true
      wherry rm a
      wherry container prune -f | wc -l
      wherry volume rm va
      wherry volume prune -f | wc -l
      wherry secret rm s | wc -l
      wherry rmi -f $id >/dev/null
      wherry image prune -a -f
      wherry images -q; wherry ps -aq; wherry volume ls -q
END`;
    const [first = "", ...become] = user.become;
    const { status, stdout, stderr } = spawnSync(
      "unshare",
      ["--mount", "sh", "-c", script, "full-disk", first, ...become, "sh"],
      { cwd: user.home, encoding: "utf8", timeout: 100_000 },
    );
    assert.deepEqual([status, stdout, stderr], [0, "a\n2\nva\n2\n1\n", ""]);
  });
});

function monitorsOf(uid: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        const status = pid > 0 ? readFileSync(`/proc/${pid}/status`, "latin1") : "";
        return (
          /^Name:\s+conmon$/m.test(status) &&
          !/^State:\s+Z/m.test(status) &&
          new RegExp(`^Uid:\\s+${uid}\\b`, "m").test(status)
        );
      } catch {
        return false; // it has ended
      }
    });
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("it did not come to be in 20 s");
    await sleep(100);
  }
}
