import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chownSync, linkSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { busyboxTree } from "../support/layout.ts";
import { testUser, type TestUser } from "../support/user.ts";

const CONTAINERFILE = `FROM scratch AS tools
COPY busybox-root /
RUN ["/bin/sh", "-c", "mkdir -p /made/d && echo x >/made/d/f && ln /made/d/f /made/l && touch -d @5 /made/old && rm /bin/vi"]
FROM tools
WORKDIR /w
COPY --from=tools /made /made
COPY --chmod=u=rwX f[i]les files/
ADD files/two files/one files/hard /links/
RUN --mount=target=/m,source=files ls /m >/mounted; umask >/umask; env | grep -v HOSTNAME= | sort >/env; stat -c '%n %a %Y' /bin /etc /etc/passwd /made /made/* /made/d/f /w /w/* /w/files/* >/list
CMD ["sh"]
`;

describe("a build gives the same image, as an ordinary user", function () {
  this.timeout(120_000);
  let user: TestUser;
  let context: string;
  before(() => {
    user = testUser();
    context = join(user.home, "context");
    mkdirSync(join(context, "files"), { recursive: true });
    busyboxTree(context);
    for (const name of ["one", "two", "İ", "ı", "ä", "Z"]) writeFileSync(join(context, "files", name), name);
    linkSync(join(context, "files/one"), join(context, "files/hard"));
    for (const name of readdirSync(join(context, "files")))
      utimesSync(join(context, "files", name), 1_600_000_000, 1_600_000_000);
    writeFileSync(join(context, "Containerfile"), CONTAINERFILE);
    own();
  });
  after(async () => {
    await user[Symbol.asyncDispose]();
  });

  const own = (): void => void spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, user.home]);

  async function built(words: string): Promise<string> {
    const { status, stdout, stderr } = await user.run("sh", ["-c", words], { timeoutMs: 100_000 });
    assert.equal(status, 0, stderr + stdout);
    return stdout.trim().split("\n").at(-1) ?? "";
  }

  const isRoot = process.getuid?.() === 0;
  it(`in another store and folder, later, ${isRoot ? "by root, " : ""}with another umask, locale, zone, home, number of jobs and of processors`, async () => {
    const first = await built("umask 022; exec wherry-build build --jobs 1 context");
    assert.match(first, /^[0-9a-f]{64}$/);
    const elsewhere = join(user.home, "elsewhere");
    spawnSync("sh", ["-c", `cp -a ${context} ${elsewhere} && touch ${elsewhere}`]);
    const home = mkdtempSync(join(tmpdir(), "wherry-other-"));
    chownSync(home, isRoot ? 0 : user.uid, isRoot ? 0 : user.gid);
    const words = `umask 077; exec taskset -c 0 wherry-build build --jobs 4 ${elsewhere}`;
    const env = {
      ...{ PATH: user.env["PATH"], HOME: home, XDG_RUNTIME_DIR: home, USER: "other", LOGNAME: "other" },
      ...{ TZ: "Asia/Tokyo", LC_ALL: "tr_TR.UTF-8" },
    };
    const { status, stdout, stderr } = spawnSync("sh", ["-c", words], { encoding: "utf8", env });
    if (!isRoot) spawnSync("wherry-build", ["unshare", "rm", "-rf", join(home, ".local")], { env });
    spawnSync("rm", ["-rf", home]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout.trim().split("\n").at(-1), first);
  });

  it("from two check-outs of a commit when it is given the commit's time: the times of files are inputs", async () => {
    const ids =
      await built(`git init -q repository; cd repository; printf .git >.dockerignore; mkdir d; echo 1 >d/f; echo 2 >g
printf 'FROM scratch\\nCOPY . /\\n' >Containerfile; git add .
GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_COMMITTER_DATE=@1600000000 git commit -qm first
cd ..; git clone -q repository clone; find clone -exec touch -d @1700000000 {} +
for flags in --quiet "--source-date-epoch context --rewrite-timestamp" "--build-arg SOURCE_DATE_EPOCH=context --rewrite-timestamp" "--timestamp 1600000000"; do
  for folder in repository clone; do wherry-build build -q --no-cache $flags $folder; done
done | tr '\\n' ' '`);
    const [first, second, ...rest] = ids.split(" ");
    assert.notEqual(first, second);
    assert.deepEqual([rest.length, new Set(rest).size], [6, 1]);
    const none = await user.run("wherry-build", [
      "build",
      "--source-date-epoch=context",
      "--rewrite-timestamp",
      "context",
    ]);
    assert.match(none.stderr, /the context is no check-out of a git repository/);
  });

  it("which verify sees, and names what differs otherwise", async () => {
    const { status, stdout, stderr } = await user.run("wherry-build", [
      "--root",
      "verified",
      "verify",
      context,
    ]);
    assert.equal(status, 0, stderr + stdout);
    writeFileSync(
      join(context, "Containerfile"),
      `FROM scratch
COPY busybox-root /
ARG TZ
ARG LANG
ARG HOME
ARG USER
RUN --mount=target=/m,source=files echo $TZ >/tz; echo $LANG >/lang; echo $HOME >/home; echo $USER >/user; nproc >/cpus; find /m >/order; hostname >/h; date +%s >/t; echo >/same; mkdir -p /d/$RANDOM
`,
    );
    // in memory, where a folder gives its names in the order in which they came
    const memory = mkdtempSync("/dev/shm/wherry-verify-");
    chownSync(memory, user.uid, user.gid);
    const names = ["TZ", "LANG", "HOME", "USER"].map((name) => `--build-arg=${name}`);
    const differing = await user.run("wherry-build", ["--root", memory, "verify", ...names, context]);
    await user.run("wherry-build", ["unshare", "rm", "-rf", memory]); // its files have subordinate ids
    assert.equal(differing.status, 1, differing.stderr + differing.stdout);
    assert.match(
      differing.stdout,
      /^STEP 7\/7: RUN .*\n {2}\/cpus: content\n {2}\/d\/\d+: only once\n {2}\/d\/\d+: only once\n {2}\/h: content\n {2}\/home: content\n {2}\/lang: content\n {2}\/order: content\n {2}\/t: content\n {2}\/tz: content\n {2}\/user: content\n$/,
    );
    assert.match(differing.stderr, /the same inputs give different images: 1 step differs/);
    for (const args of [
      ["images", "-q"],
      ["cache", "ls", "-q"],
    ]) {
      const { status: listed, stdout: left } = await user.run("wherry-build", [
        "--root",
        "verified",
        ...args,
      ]);
      assert.deepEqual([listed, left], [0, ""]);
    }
    const store = join(user.home, "verified");
    assert.deepEqual([...readdirSync(join(store, "staging")), ...readdirSync(join(store, "layers"))], []);
  });
});
