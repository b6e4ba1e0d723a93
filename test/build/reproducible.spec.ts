import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxTree } from "../support/layout.ts";
import { testUser, type TestUser } from "../support/user.ts";

const CONTAINERFILE = `FROM scratch AS tools
COPY busybox-root /
RUN ["/bin/sh", "-c", "mkdir -p /made/d && echo x >/made/d/f && ln /made/d/f /made/l && touch -d @5 /made/old && rm /bin/vi"]
FROM tools
WORKDIR /w
COPY --from=tools /made /made
COPY files files/
RUN umask >/umask; stat -c '%n %a %Y' /bin /etc /etc/passwd /made /made/* /made/d/f /w /w/* /w/files/* >/list
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
    writeFileSync(join(context, "files", "a"), "1");
    utimesSync(join(context, "files", "a"), 1_600_000_000, 1_600_000_000);
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

  it("in another store and folder, later, with another umask, locale, zone and number of jobs", async () => {
    const first = await built("umask 022; exec wherry-build --root here build --jobs 1 context");
    assert.match(first, /^[0-9a-f]{64}$/);
    const second = await built(
      "cp -a context elsewhere && touch elsewhere && umask 077 && export TZ=Asia/Tokyo LC_ALL=tr_TR.UTF-8 && exec wherry-build --root there build --jobs 4 elsewhere",
    );
    assert.equal(second, first);
  });

  it("which verify sees, and names what differs otherwise", async () => {
    const { status, stdout, stderr } = await user.run("wherry-build", ["verify", context]);
    assert.equal(status, 0, stderr + stdout);
    writeFileSync(
      join(context, "Containerfile"),
      'FROM scratch\nCOPY busybox-root /\nRUN ["/bin/sh", "-c", "hostname >/h; date +%s >/t; echo >/same; mkdir -p /d/$RANDOM"]\n',
    );
    const differing = await user.run("wherry-build", ["verify", context]);
    assert.equal(differing.status, 1, differing.stderr + differing.stdout);
    assert.match(
      differing.stdout,
      /^STEP 3\/3: RUN .*\n {2}\/d\/\d+: only once\n {2}\/d\/\d+: only once\n {2}\/h: content\n {2}\/t: content\n$/,
    );
    assert.match(differing.stderr, /the same inputs give different images: 1 step differs/);
    for (const args of [
      ["images", "-q", "-a"],
      ["cache", "ls", "-q"],
    ])
      assert.equal((await user.run("wherry-build", args)).stdout, "");
    const store = join(user.home, ".local/share/wherry");
    assert.deepEqual([...readdirSync(join(store, "staging")), ...readdirSync(join(store, "layers"))], []);
  });
});
