import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { killProcess, textOf } from "../support/processes.ts";
import { testUser, type Result, type TestUser } from "../support/user.ts";

const noKeygen =
  spawnSync("ssh-keygen", ["-?"]).error === undefined ? "" : " (skipped: ssh-keygen is not installed)";
const SECRET = "s3cr3t-0f-the-test";

describe("RUN --mount, as an ordinary user", function () {
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

  interface Files {
    readonly [path: string]: string | { readonly target: string };
  }

  /** Builds a Containerfile with the files of a context; no command needs a network. */
  function build(
    containerfile: string,
    args: readonly string[] = [],
    files: Files = {},
    env = {},
  ): Promise<Result> {
    const context = join(user.home, `context-${++count}`);
    write(context, { ...files, Containerfile: containerfile });
    return user.run("wherry-build", ["build", "--network=none", ...args, context], { env });
  }

  async function built(...args: Parameters<typeof build>): Promise<string> {
    const { status, stdout, stderr } = await build(...args);
    assert.equal(status, 0, stderr + stdout);
    return stdout;
  }

  function write(folder: string, files: Files): void {
    for (const [path, file] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      if (typeof file === "string") writeFileSync(join(folder, path), file);
      else symlinkSync(file.target, join(folder, path));
    }
  }

  const staging = () => readdirSync(join(user.home, ".local/share/wherry/staging"));
  const isCached = (stdout: string) => /STEP \d+\/\d+: RUN.*\n--> Using cache/.test(stdout);

  describe("bind", () => {
    it("shows the context without what is ignored, and loses what is written", async () => {
      const containerfile = `FROM base
WORKDIR /w
RUN --mount=target=. --mount=type=bind,source=d/f,target=/f,rw \\
  cat d/f && ! cat d/ignored 2>/dev/null && ! echo x 2>/dev/null >d/f && echo written >/f && cat /f && busybox stat -c '%u %a' d/f
RUN busybox ls -a / /w
`;
      const files = { "d/f": "content\n", "d/ignored": "x", ".dockerignore": "d/ignored\n" };
      const stdout = await built(containerfile, [], files);
      assert.match(stdout, /^content\nwritten\n0 644$/m);
      assert.doesNotMatch(stdout.slice(stdout.indexOf("ls -a")), /^f$/m);
      assert.equal(readFileSync(join(user.home, `context-${count}`, "d/f"), "utf8"), "content\n");
    });

    it("shows a stage, an image and a named context", async () => {
      const other = join(user.home, "other");
      write(other, { "x/y": "from a context\n", secret: "no", ".containerignore": "secret" });
      const containerfile = `FROM base AS one
RUN echo from a stage >/tmp/s
FROM base
RUN --mount=from=one,source=/tmp/s,target=/s --mount=from=base,source=/bin,target=/b,rw \\
    --mount=from=other,target=/o cat /s /o/x/y && busybox ls /o && /b/busybox touch /b/new
RUN --mount=from=base,target=/b busybox test ! -e /b/bin/new
`;
      const stdout = await built(containerfile, ["--build-context", `other=${other}`]);
      assert.match(stdout, /^from a stage\nfrom a context\nx$/m);
    });

    it("is in the key with its content, not with its times", async () => {
      const containerfile = "FROM base\nRUN --mount=src=a,target=/a --mount=src=b,target=/b cat /a >/copy\n";
      await built(containerfile, [], { a: "1", b: "1", c: "1" });
      assert.equal(isCached(await built(containerfile, [], { a: "1", b: "1", c: "2" })), true);
      assert.equal(isCached(await built(containerfile, [], { a: "1", b: "2" })), false);
    });

    it("leaves no trace of its target in the layer", async () => {
      const stdout = await built(
        `FROM base
RUN --mount=target=/new/deep --mount=type=tmpfs,target=/etc/t --mount=type=cache,target=/c/d true
FROM base
RUN --mount=from=0,target=/old busybox ls /old /old/etc
`,
      );
      assert.doesNotMatch(stdout, /^(?:new|t|c)$/m);
    });

    const escapes: { what: string; files: Files; mount: string; message: RegExp }[] = [
      {
        what: "a link to the host's root (CVE-2024-1753)",
        files: { l: { target: "/" }, "etc/mine": "" },
        mount: "source=l,target=/host",
        message: /^etc$/m,
      },
      {
        what: "a link upwards",
        files: { "d/l": { target: "../../../../../../.." }, mine: "" },
        mount: "source=d/l,target=/host",
        message: /^mine$/m,
      },
    ];
    for (const { what, files, mount, message } of escapes)
      it(`stays in the context at ${what}`, async () => {
        const stdout = await built(`FROM base\nRUN --mount=${mount} busybox ls /host\n`, [], files);
        assert.match(stdout, message);
        assert.doesNotMatch(stdout, /^(?:proc|home|root)$/m);
      });

    it("stays in the stage whose links lead out of it", async () => {
      const stdout = await built(`FROM base AS one
RUN busybox ln -s / /out && busybox ln -s ../../../../../../../.. /up && echo x >/only-here
FROM base
RUN --mount=from=one,source=/out,target=/1 --mount=from=one,source=/up,target=/2 busybox ls -d /1/only-here /2/only-here
`);
      assert.match(stdout, /^\/1\/only-here\n\/2\/only-here$/m);
    });

    it("names what is missing", async () => {
      const { status, stderr } = await build("FROM base\nRUN --mount=src=nosuch,target=/x true\n");
      assert.equal(status, 125);
      assert.match(stderr, /Containerfile:2: RUN .*"nosuch": no such file or directory in the build context/);
    });
  });

  describe("cache", () => {
    it("lives from build to build, by id and owner, and outside of the key", async () => {
      const file = (n: number, keys = "") =>
        `FROM base\nRUN --mount=type=cache,target=/c${keys} echo ${n} >>/c/log; busybox cat /c/log; busybox stat -c %a:%u:%g /c\n`;
      assert.match(await built(file(1)), /^1\n755:0:0$/m);
      assert.match(await built(file(2)), /^1\n2\n755:0:0$/m);
      assert.match(await built(file(3, ",uid=7,gid=8,mode=0700")), /^3\n700:7:8$/m);
      assert.match(await built(file(4, ",id=/c,sharing=locked")), /^1\n2\n4\n/m);
      assert.match(await built(file(5, ",id=../../../../c")), /^5\n755/m);
      assert.equal(isCached(await built(file(2))), true);
      const readOnly = await built(
        "FROM base\nRUN --mount=type=cache,target=/c,ro ! echo x 2>/dev/null >/c/y && echo refused\n",
      );
      assert.match(readOnly, /^refused$/m);
      assert.deepEqual(staging(), []);
    });

    it("lets nothing out: not its id, its seed, nor links that earlier and parallel steps leave in it (CVE-2024-9675)", async () => {
      const here = user.home;
      const stdout = await built(
        `FROM base AS seed
RUN busybox mkdir /s && echo of the seed >/s/only-here && busybox ln -s / /out && busybox ln -s ../../../../../../../.. /up
FROM base
RUN --mount=type=cache,id=s1,target=/1,from=seed,source=/out/s --mount=type=cache,id=s2,target=/2,from=seed,source=../../../../s \\
    --mount=type=cache,id=s3,target=/3,from=seed,source=/up/s busybox ls /1 /2 /3
RUN --mount=type=cache,id=../../../../escape,target=/c busybox ln -s ${here} /c/abs && busybox ln -s ../../../../../../../../..${here} /c/rel
`,
      );
      assert.equal(stdout.match(/^only-here$/gm)?.length, 3, stdout);
      // the runtime takes the links for the container's own, where they lead nowhere
      for (const link of ["abs", "rel"]) {
        const { status, stderr } = await build(
          `FROM base\nRUN --mount=type=cache,id=../../../../escape,target=/c --mount=type=bind,source=f,target=/c/${link}/planted true\n`,
          [],
          { f: "of the context\n" },
        );
        assert.ok(status === 0 || /Containerfile:2: RUN .* cannot run the command/.test(stderr), stderr);
      }
      const found = spawnSync("find", [here, "(", "-name", "planted*", "-o", "-name", "escape", ")"], {
        encoding: "utf8",
      });
      assert.equal(found.stdout, "", "nothing is made outside of the containers");
    });

    it("is safe from a parallel stage that swaps folders for links (GHSA-5vpc-35f4-r8w6)", async () => {
      const here = user.home;
      const victim = Array.from(
        { length: 2 },
        (_, n) =>
          `RUN --mount=type=cache,id=race,target=/c --mount=type=tmpfs,target=/c/d/raced echo ${n} >/c/d/raced/x || true`,
      );
      const { status, stderr } = await build(
        `FROM base AS swap
RUN --mount=type=cache,id=race,target=/c i=0; while test $i -lt 80; do busybox rm -rf /c/d; busybox mkdir -p /c/d; busybox rm -rf /c/d; busybox ln -s ../../../../../../../../..${here} /c/d; i=$((i+1)); done
FROM base AS victim
${victim.join("\n")}
FROM scratch
COPY --from=swap /bin/busybox /1
COPY --from=victim /bin/busybox /2
`,
        ["--jobs", "2"],
      );
      // the runtime may find the folder gone, and refuse
      if (status !== 0) assert.match(stderr, /c[a-z]* cannot run the command: .*c\/d/);
      const inCache = ["-path", "*/cache-mounts", "-prune", "-o"]; // where it belongs, if the folder is one at that moment
      const found = spawnSync("find", [here, ...inCache, "-name", "raced", "-print"], { encoding: "utf8" });
      assert.equal(found.stdout, "");
    });

    it("begins with the files of a stage", async () => {
      const stdout = await built(`FROM base AS seed
RUN busybox mkdir -p /s/d && echo seeded >/s/d/f && busybox chown 5:6 /s/d/f
FROM base
RUN --mount=type=cache,target=/seeded,from=seed,source=/s busybox stat -c '%n %u:%g' /seeded/d/f && echo changed >/seeded/d/f
RUN --mount=type=cache,target=/seeded,from=seed,source=/s cat /seeded/d/f
`);
      assert.match(stdout, /^\/seeded\/d\/f 5:6$/m);
      assert.match(stdout, /^changed$/m);
    });
  });

  describe("secret", () => {
    it("is there for the command only, and nowhere afterwards", async () => {
      const secret = join(user.home, "secret");
      writeFileSync(secret, SECRET);
      const containerfile = `FROM base
RUN --mount=type=secret,id=one --mount=type=secret,id=two,target=/t,mode=0444,uid=7,env=TWO \\
  --mount=type=secret,id=none,target=/none \\
  busybox stat -c '%a %u %s' /run/secrets/one /t && test "$(cat /t)" = "$TWO" && test ! -e /none && \\
  test "$(cat /run/secrets/one)" = "$TWO" && echo seen
RUN test -z "$TWO" && test ! -e /run/secrets/one && busybox ls -a / /run
`;
      const args = [
        "-t",
        "secretive",
        "--secret",
        `id=one,src=${secret}`,
        "--secret",
        "id=two,env=THE_SECRET",
      ];
      const stdout = await built(containerfile, args, {}, { THE_SECRET: SECRET });
      assert.match(stdout, /^400 0 18\n444 7 18\nseen$/m);
      assert.doesNotMatch(stdout, new RegExp(SECRET));
      const history = await user.run(
        "wherry-build",
        ["build", "--network=none", "--quiet", ...args, join(user.home, `context-${count}`)],
        {
          env: { THE_SECRET: "another" },
        },
      );
      assert.equal(history.status, 0, history.stderr);
      const places = [".local/share", ".cache", "run"].map((place) => join(user.home, place));
      const { stdout: found } = spawnSync("grep", ["-r", "-l", "-a", "-e", SECRET, ...places], {
        encoding: "utf8",
      });
      assert.equal(found, "");
    });

    it("is missed when it is required", async () => {
      const containerfile = "FROM base\nRUN --mount=type=secret,id=token,required true\n";
      const { status, stderr } = await build(containerfile);
      assert.equal(status, 125);
      assert.match(
        stderr,
        /Containerfile:2: .*secret "token" is required, but was not given\n.*--secret id=token,src=FILE/s,
      );
    });

    it("is not shown by a command that fails", async () => {
      const args = ["--secret", "id=one,env=THE_SECRET"];
      const containerfile = "FROM base\nRUN --mount=type=secret,id=one,env=ONE exit 3\n";
      const { status, stdout, stderr } = await build(containerfile, args, {}, { THE_SECRET: SECRET });
      assert.equal(status, 3);
      assert.doesNotMatch(stdout + stderr, new RegExp(SECRET));
      assert.deepEqual(staging(), []);
    });

    for (const [flag, message] of [
      ["src=x", /has no id/],
      ["id=a,src=/nosuch", /no such file: \/nosuch/],
      ["id=a,env=NOSUCH", /the environment has no NOSUCH/],
      ["id=a,scr=x", /invalid field "scr=x"/],
    ] as const)
      it(`refuses --secret ${flag}`, async () => {
        const { status, stderr } = await build("FROM scratch\n", ["--secret", flag]);
        assert.equal(status, 125);
        assert.match(stderr, message);
      });
  });

  describe("ssh", () => {
    let agent: Server;
    before(async () => {
      agent = createServer();
      const socket = join(user.home, "agent");
      await new Promise<void>((resolve) => agent.listen(socket, resolve));
      chmodSync(socket, 0o777);
    });
    after(() => {
      agent.close();
    });

    it("gives a socket with owner and mode, and names it", async () => {
      const containerfile = `FROM base
RUN --mount=type=ssh busybox stat -c '%a %u' $SSH_AUTH_SOCK; echo $SSH_AUTH_SOCK
RUN --mount=type=ssh,uid=7,mode=0666,target=/s busybox stat -c '%a %u' /s
RUN test -z "$SSH_AUTH_SOCK"
`;
      const stdout = await built(containerfile, ["--ssh", `default=${join(user.home, "agent")}`]);
      assert.match(stdout, /^600 0\n\/run\/buildkit\/ssh_agent\.0$/m);
      assert.match(stdout, /^666 7$/m);
      assert.deepEqual(staging(), []);
    });

    it(`has an agent for keys that ends with the build, which may be killed${noKeygen}`, async function () {
      if (noKeygen !== "") this.skip();
      const key = join(user.home, "key");
      const made = await user.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
      assert.equal(made.status, 0, made.stderr);
      const agents = (): number[] =>
        readdirSync("/proc")
          .map(Number)
          .filter((pid) => pid > 0 && textOf(pid, "cmdline") === "ssh-agent\0-D\0-a\0agent\0");
      const before = new Set(agents());
      const context = join(user.home, "killed");
      write(context, { Containerfile: "FROM base\nRUN --mount=type=ssh busybox sleep 50\n" });
      const building = user.start("wherry-build", ["build", "--ssh", `default=${key}`, context], {
        stdio: "ignore",
      });
      let ours: number[] = [];
      for (let tries = 0; ours.length === 0; tries++) {
        assert.ok(tries < 500, "no agent was started");
        await sleep(20);
        ours = agents().filter((pid) => !before.has(pid));
      }
      await killProcess(building.pid ?? 0);
      for (let tries = 0; agents().some((pid) => ours.includes(pid)); tries++) {
        assert.ok(tries < 250, "the agent with the keys goes on");
        await sleep(20);
      }
    });

    it("is missed when it is required, and refused without an agent", async () => {
      const missing = await build("FROM base\nRUN --mount=type=ssh,required true\n");
      assert.match(missing.stderr, /ssh agent "default" is required/);
      const none = await build("FROM base\n", ["--ssh", "default"]);
      assert.match(none.stderr, /SSH_AUTH_SOCK is not set/);
    });
  });

  it("gives memory of a size by tmpfs", async () => {
    const stdout = await built(
      "FROM base\nARG s=1m\nRUN --mount=type=tmpfs,target=/t,size=$s busybox df -k /t; busybox head -c 2000000 /dev/zero >/t/x || echo full\n",
    );
    assert.match(stdout, /tmpfs\s+1024 /);
    assert.match(stdout, /^full$/m);
    assert.ok(statSync(user.home).isDirectory());
  });
});
