import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { testUser, type Result, type TestUser } from "../support/user.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/hello-web");

describe("wherry-build, as an ordinary user", function () {
  this.timeout(60_000);
  let user: TestUser;
  let count = 0;
  before(async () => {
    user = testUser();
    const { status, stderr } = await user.run("wherry-build", [
      "base",
      "host",
      "base",
      "sh",
      "busybox",
      "cat",
    ]);
    assert.equal(status, 0, stderr);
  });
  after(async () => {
    await user[Symbol.asyncDispose]();
  });

  /** Builds a Containerfile with the files of a context. */
  function build(
    containerfile: string,
    args: readonly string[] = [],
    files: Record<string, string> = {},
  ): Promise<Result> {
    const context = join(user.home, `context-${++count}`);
    for (const [path, text] of Object.entries({ ...files, Containerfile: containerfile })) {
      mkdirSync(dirname(join(context, path)), { recursive: true });
      writeFileSync(join(context, path), text);
    }
    return user.run("wherry-build", ["build", ...args, context]);
  }

  /** What a command prints in a container of the image. */
  async function inImage(image: string, ...command: string[]): Promise<string> {
    const { status, stdout, stderr } = await user.run("wherry", [
      "run",
      "--rm",
      "--network=none",
      image,
      ...command,
    ]);
    assert.equal(status, 0, stderr);
    return stdout;
  }

  const staging = () => readdirSync(join(user.home, ".local/share/wherry/staging"));

  it("builds the example, and takes it from the cache the second time", async () => {
    const context = join(user.home, "example");
    cpSync(EXAMPLE, context, { recursive: true });
    const args = ["build", "-t", "hello-web", "--build-arg", "BASE=localhost/base", context];
    const first = await user.run("wherry-build", args);
    assert.equal(first.status, 0, first.stderr);
    assert.match(first.stdout, /^\[1\/2\] STEP 1\/4: FROM \$\{BASE\} AS about\n/);
    assert.match(
      first.stdout,
      /COMMIT hello-web\n--> [0-9a-f]{12}\nSuccessfully tagged localhost\/hello-web:latest\n[0-9a-f]{64}\n$/,
    );
    assert.equal(await inImage("hello-web", "cat", "/site/about/greeting.txt"), "Hello from a container\n");
    const mode = await inImage("hello-web", "busybox", "stat", "-c", "%a %u", "/usr/local/bin/serve");
    assert.equal(mode, "755 0\n");
    const second = await user.run("wherry-build", args);
    assert.equal(second.stdout.split("\n").at(-2), first.stdout.split("\n").at(-2));
    assert.equal(
      second.stdout.match(/STEP \d+\/\d+: (?:RUN|COPY|WORKDIR).*\n--> Using cache/g)?.length,
      6,
      second.stdout,
    );
  });

  it("keeps what RUN changes, with owners, and no trace of what is mounted for it", async () => {
    const containerfile = `FROM base AS one
USER 7:8
RUN echo a > /tmp/mine
USER 0
RUN cat /etc/hosts /etc/resolv.conf > /dev/null; busybox mkdir /new; busybox rm /etc/nsswitch.conf
WORKDIR /w
RUN <<EOF
#!/bin/busybox sh
busybox id -u > id
EOF
FROM base
COPY --from=one / /copy
`;
    const { status, stderr, stdout } = await build(containerfile, ["-q", "-t", "kept"]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^[0-9a-f]{64}\n$/);
    const find = ["busybox", "find", "/copy", "!", "-path", "/copy/usr/*"];
    const listed = await inImage("kept", ...find, "-exec", "busybox", "stat", "-c", "%n %a %u:%g", "{}", "+");
    const lines = listed.trim().split("\n");
    for (const line of ["/copy/tmp/mine 644 7:8", "/copy/new 755 0:0", "/copy/w/id 644 0:0"])
      assert.ok(lines.includes(line), listed);
    const gone = /\/copy\/(?:etc\/(?:hosts|resolv\.conf|hostname|nsswitch\.conf)|(?:dev|proc|sys|run)\/)/;
    assert.doesNotMatch(listed, gone);
  });

  const failures: { what: string; containerfile: string; status: number; stderr: RegExp }[] = [
    {
      what: "a command that fails",
      containerfile: "FROM base\n\nRUN echo out; echo oops >&2; exit 42",
      status: 42,
      stderr: /Error: Containerfile:3: RUN echo out.*: exit status 42; its last output:\n {2}out\n {2}oops\n/,
    },
    {
      what: "a command that is not there",
      containerfile: 'FROM base\nRUN ["nosuch"]',
      status: 127,
      stderr: /Error: Containerfile:2: RUN \["nosuch"\]: /,
    },
    {
      what: "an unknown word",
      containerfile: "FROM base\nRUNN x",
      status: 125,
      stderr: /^Error: Containerfile:2: unknown instruction RUNN; did you mean RUN\?\n/,
    },
    {
      what: "a missing source",
      containerfile: "FROM base\nCOPY nosuch /",
      status: 125,
      stderr:
        /Error: Containerfile:2: COPY nosuch \/: "nosuch": no such file or directory in the build context\n/,
    },
    {
      what: "an unknown user",
      containerfile: "FROM base\nUSER nosuch\nRUN true",
      status: 125,
      stderr: /Error: Containerfile:3: RUN true: .*nosuch/,
    },
  ];
  for (const { what, containerfile, status, stderr } of failures)
    it(`ends with ${status} at ${what}, and leaves nothing behind`, async () => {
      const result = await build(containerfile, ["-t", "failed"]);
      assert.match(result.stderr, stderr);
      assert.equal(result.status, status);
      assert.deepEqual(staging(), []);
      const { stdout } = await user.run("wherry-build", ["images", "-q", "failed"]);
      assert.equal(stdout, "");
    });

  for (const isolation of ["oci", "chroot"])
    it(`opens a shell in the container of a step that failed, by ${isolation}, and tells of steps in JSON`, async () => {
      const context = join(user.home, `failing-${isolation}`);
      mkdirSync(context);
      writeFileSync(
        join(context, "Containerfile"),
        "FROM base\nENV seen=yes\nWORKDIR /w\nRUN echo before >made; exit 3\n",
      );
      const flags = ["--on-fail", "shell", "--progress", "json", "--isolation", isolation];
      const { status, stdout, stderr } = await user.run("wherry-build", ["build", ...flags, context], {
        input: "echo $seen; cat made; pwd\n",
      });
      assert.equal(status, 3, stderr);
      assert.equal(stdout, "yes\nbefore\n/w\n");
      const lines = stderr.split("\n").filter((line) => line.startsWith("{"));
      const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      assert.deepEqual(events.map(({ type, step, instruction }) => [type, step, instruction]).slice(-2), [
        ["step", 4, "RUN echo before >made; exit 3"],
        ["failed", 4, "RUN echo before >made; exit 3"],
      ]);
      assert.match(stderr, /The step failed: this is its container as it was left/);
      assert.deepEqual(staging(), []);
    });

  it("ends a step at Ctrl-C with all it started", async () => {
    const context = join(user.home, "endless");
    mkdirSync(context);
    writeFileSync(join(context, "Containerfile"), "FROM base\nRUN echo begun; busybox sleep 4321");
    const child = user.start("wherry-build", ["build", context], { stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    await new Promise<void>((resolve) => {
      child.stdout?.on("data", (text: Buffer) => {
        if (/^begun$/m.test(text.toString())) resolve();
      });
    });
    await setTimeout(300); // as long as a person needs
    child.kill("SIGINT");
    assert.equal(await ended, 130);
    assert.deepEqual(staging(), []);
    await noneWith("sleep\x004321");
  });

  it("ends as at Ctrl-C when the reader of what it tells has gone", async () => {
    const context = join(user.home, "talkative");
    mkdirSync(context);
    writeFileSync(join(context, "Containerfile"), "FROM base\nRUN while :; do echo 4322; done");
    const line = `wherry-build build ${context} | head -n 3; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await user.run("bash", ["-c", line]);
    assert.match(stdout, /4322\n141\n$/);
    assert.equal(stderr, "");
    assert.deepEqual(staging(), []);
    await noneWith("echo 4322");
    await noneWith(join(user.home, ".local/share/wherry/staging")); // pasta
  });

  it("goes on with all it started when its terminal is closed, under nohup", async () => {
    const context = join(user.home, "long");
    mkdirSync(context);
    writeFileSync(join(context, "Containerfile"), "FROM base\nRUN echo begun; busybox sleep 0.5; echo over");
    const child = user.start("nohup", ["wherry-build", "build", context], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    let said = "";
    child.stdout?.on("data", (text: Buffer) => {
      said += text.toString();
      if (/^begun\n(?!over)/m.test(said)) process.kill(-(child.pid ?? 0), "SIGHUP");
    });
    const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
    assert.match(said, /^begun\nover\n/m);
    assert.equal(status, 0);
  });

  it("writes the ID to a file, and gives several names", async () => {
    const file = join(user.home, "id");
    const args = ["--iidfile", file, "-t", "a:1", "-t", "registry.example.com/b"];
    const { stdout } = await build("FROM scratch\nCOPY Containerfile /\n", args);
    const id = stdout.trim().split("\n").at(-1) ?? "";
    assert.equal(readFileSync(file, "utf8"), `sha256:${id}`);
    const { stdout: names } = await user.run("wherry-build", [
      "images",
      "--format",
      "{{.Name}}:{{.Tag}} {{.ID}}",
    ]);
    for (const name of ["localhost/a:1", "registry.example.com/b:latest"])
      assert.ok(names.includes(`${name} ${id.slice(0, 12)}\n`), names);
  });

  it("reads a Containerfile from standard input", async () => {
    const input = "FROM scratch\nENV a=1\n";
    const { status, stderr } = await user.run("wherry-build", ["bud", "-f", "-", "-q", "."], { input });
    assert.equal(status, 0, stderr);
  });
});

/** Waits until no process has that in its command line. */
async function noneWith(text: string): Promise<void> {
  const isLeft = () => readdirSync("/proc").some((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(text));
  for (const deadline = Date.now() + 3000; isLeft() && Date.now() < deadline;) await setTimeout(20);
  assert.equal(isLeft(), false);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "latin1");
  } catch {
    return "";
  }
}
