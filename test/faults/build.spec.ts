import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { busyboxTree } from "../support/layout.ts";
import { finish, testUser, type TestUser } from "../support/user.ts";

/** More of them by WHERRY_BUILD_KILLS. */
const SEEDS = Number(process.env["WHERRY_BUILD_KILLS"] ?? 2);

const CONTAINERFILE = `FROM scratch AS one
COPY busybox-root /
ARG seed
RUN ["/bin/sh", "-c", "mkdir /d && dd if=/dev/zero of=/d/zeros bs=64k count=16 2>/dev/null"]
RUN rm /d/zeros && echo x >/d/x
FROM one
WORKDIR /w
COPY Containerfile .
RUN --mount=type=cache,target=/c cat /d/x >/w/y
`;

const isRoot = process.getuid?.() === 0;

describe("bad luck in a build", function () {
  this.timeout(Math.max(120_000, SEEDS * 20_000));
  let user: TestUser;
  before(() => {
    user = testUser();
    const context = join(user.home, "c");
    mkdirSync(context);
    mkdirSync(join(user.home, "full"));
    busyboxTree(context);
    writeFileSync(join(context, "Containerfile"), CONTAINERFILE);
    own();
  });
  after(async () => {
    await user[Symbol.asyncDispose]();
  });

  const own = (): void => void spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, user.home]);
  const build = (seed: number) => ["build", "-q", "--jobs", "2", "--build-arg", `seed=${seed}`, "c"];

  /** Processes of the user with a word in their command line. */
  function processesWith(word: string): string[] {
    return readdirSync("/proc").flatMap((pid) => {
      const read = (file: string): string => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, "latin1");
        } catch {
          return "";
        }
      };
      const line = /^\d+$/.test(pid) ? read("cmdline").replaceAll("\0", " ") : "";
      return line.includes(word) && read("environ").includes(user.home) ? [line] : [];
    });
  }

  it(`a kill -9 at any moment leaves what the next build goes on with (${SEEDS} seeds)`, async () => {
    const started = performance.now();
    const whole = await user.run("wherry-build", build(-1));
    assert.equal(whole.status, 0, whole.stderr);
    const length = performance.now() - started;
    for (let seed = 0; seed < SEEDS; seed++) {
      const child = user.start("wherry-build", build(seed), { detached: true, stdio: "ignore" });
      const ended = finish(child);
      await sleep(((seed * 0.618_034) % 1) * length);
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
      await ended;
      const again = await user.run("wherry-build", build(seed));
      assert.equal(again.status, 0, `seed ${seed}: ${again.stderr}`);
      assert.equal(again.stdout, whole.stdout, `seed ${seed}`);
      const check = await user.run("wherry", ["system", "check"]);
      assert.equal(check.status, 0, `seed ${seed}: ${check.stdout}${check.stderr}`);
      const store = join(user.home, ".local/share/wherry");
      assert.deepEqual(readdirSync(join(store, "staging")), [], `seed ${seed}`);
      for (let tries = 0; processesWith("step-").length > 0; tries++) {
        assert.ok(tries < 100, `seed ${seed} left ${processesWith("step-").join("; ")}`);
        await sleep(50);
      }
    }
  });

  it("two builds of the same at once do each command once", async () => {
    mkdirSync(join(user.home, "out"));
    writeFileSync(
      join(user.home, "c", "once"),
      'FROM scratch\nCOPY busybox-root /\nRUN ["/bin/sh", "-c", "echo ran >>/out/ran; sleep 1; date +%N >/now"]\n',
    );
    own();
    const args = ["build", "-q", "-v", `${user.home}/out:/out`, "-f", "c/once", "c"];
    const [one, other] = await Promise.all([1, 2].map(() => user.run("wherry-build", args)));
    assert.deepEqual([one?.status, other?.status], [0, 0], `${one?.stderr ?? ""}${other?.stderr ?? ""}`);
    assert.equal(one?.stdout, other?.stdout);
    assert.equal(readFileSync(join(user.home, "out", "ran"), "utf8"), "ran\n");
  });

  for (const { what, file, size } of [
    { what: "COPY", file: "FROM scratch\nCOPY busybox-root /a/\nCOPY busybox-root /b/\n", size: "3m" },
    {
      what: "RUN",
      file: 'FROM scratch\nCOPY busybox-root /\nRUN ["/bin/sh", "-c", "cat /dev/urandom | head -c 3000000 >/big"]\n',
      size: "9m",
    },
  ])
    it(`a disk that gets full while ${what}'s layer is written is told of, and nothing stays${isRoot ? "" : " (skipped: only root can mount)"}`, function () {
      if (!isRoot) this.skip();
      const name = `full-${what}`;
      writeFileSync(join(user.home, "c", name), file);
      own();
      const script = `mount --make-rprivate / && mount -t tmpfs -o size=${size},mode=0777 tmpfs "$1/full" && cd "$1" && shift &&
        "$@"; status=$?; ls -A full/store/staging; exit $status`;
      const [program = "", ...args] = [
        ...["unshare", "--mount", "sh", "-c", script, "sh", user.home, ...user.become],
        ...["wherry-build", "--root", "full/store", "build", "-f", `c/${name}`, "c"],
      ];
      const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env: user.env });
      assert.equal(status, 125, stderr + stdout);
      assert.match(stderr, /no space left on device/);
      assert.doesNotMatch(stderr, /internal error|\n\s+at .*\(/);
      assert.doesNotMatch(stdout.split("\n").slice(-3).join("\n"), /layer|blob/, stdout);
    });
});
