import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installTools, type Tools } from "../support/tools.ts";
import { finish, type Result } from "../support/user.ts";

const isRoot = process.getuid?.() === 0;
/** Of nobody: no passwd entry, no subordinate ids, no groups. */
const UID = 54321;

describe(`builds without RUN by a user who has no subordinate ids${isRoot ? "" : " (skipped: only root becomes another user)"}`, function () {
  this.timeout(60_000);
  let tools: Tools;
  let home: string;
  before(function () {
    if (!isRoot) this.skip();
    tools = installTools();
    home = mkdtempSync("/tmp/wh-plain-");
    mkdirSync(join(home, "run"), { mode: 0o700 });
    mkdirSync(join(home, "base"));
    mkdirSync(join(home, "ctx"));
    writeFileSync(join(home, "base/f"), "of the base\n");
    writeFileSync(join(home, "base/Containerfile"), "FROM scratch\nENV HERE=1\nCOPY f /f\n");
    for (const path of ["", "run", "base", "ctx"]) chownSync(join(home, path), UID, UID);
  });
  after(() => {
    if (!isRoot) return;
    rmSync(home, { recursive: true, force: true });
    tools[Symbol.dispose]();
  });

  const run = (...args: readonly string[]): Promise<Result> =>
    finish(
      spawn(
        "setpriv",
        [
          ...[`--reuid=${UID}`, `--regid=${UID}`, "--clear-groups", "--", "env", "-i"],
          ...[
            `HOME=${home}`,
            `XDG_RUNTIME_DIR=${home}/run`,
            `PATH=${tools.bin}:/usr/bin:/bin`,
            "wherry-build",
          ],
          ...args,
        ],
        { cwd: home, timeout: 50_000, killSignal: "SIGKILL" },
      ),
    );
  const ok = async (...args: readonly string[]): Promise<string> => {
    const { status, stdout, stderr } = await run(...args);
    assert.equal(status, 0, stderr);
    return stdout;
  };

  it("copy, add, link and take images out of layouts and archives in the context", async () => {
    const places = [
      "oci:ctx/layout:base",
      "oci-archive:ctx/base.tar:b",
      "docker-archive:ctx/docker.tar:base:1",
    ];
    await ok("build", "-q", ...places.flatMap((place) => ["-t", place]), "base");
    spawnSync("tar", ["-C", join(home, "base"), "-cf", join(home, "ctx/files.tar"), "f"]);
    writeFileSync(
      join(home, "ctx/Containerfile"),
      `FROM oci:./layout:base AS a
FROM oci-archive:base.tar AS b
FROM docker-archive:docker.tar
WORKDIR /work
ADD --chown=7:8 files.tar unpacked/
COPY --link --chmod=u=rw,go= Containerfile /linked
COPY --from=a /f /a
COPY --from=b /f /b
COPY <<EOF /inline
$HERE
EOF
`,
    );
    await ok("build", "-q", "-t", "made", "-o", "type=tar,dest=made.tar", "ctx");
    const listed = spawnSync("tar", ["--numeric-owner", "-tvf", join(home, "made.tar")], {
      encoding: "utf8",
    });
    const names = listed.stdout
      .trim()
      .split("\n")
      .map((line) => line.split(/\s+/))
      .map(([mode = "", owner = "", , , , name = ""]) => `${mode} ${owner} ${name}`);
    assert.deepEqual(names.sort(), [
      "-rw------- 0/0 linked",
      "-rw-r--r-- 0/0 a",
      "-rw-r--r-- 0/0 b",
      "-rw-r--r-- 0/0 f",
      "-rw-r--r-- 0/0 inline",
      "-rw-r--r-- 7/8 work/unpacked/f",
      "drwxr-xr-x 0/0 work/",
      "drwxr-xr-x 7/8 work/unpacked/",
    ]);
    const again = await ok("build", "-t", "made", "ctx");
    assert.equal(again.match(/--> Using cache/g)?.length, 6);
  });

  it("pull, begin with what was pulled, copy and commit; only a command asks for ids", async () => {
    const pulled = await run("pull", "oci:ctx/layout:base");
    assert.equal(pulled.status, 0, pulled.stderr);
    assert.match(pulled.stderr, /layers stay packed until a command needs them: no subordinate ids for user/);
    assert.match(pulled.stdout, /^[0-9a-f]{64}\n$/);
    const container = (await ok("from", "--quiet", "oci:ctx/layout:base")).trim();
    await ok("copy", "-q", container, "base/f", "/copied");
    await ok("commit", "-q", container, "worked");
    const refused = await run("run", container, "true");
    assert.equal(refused.status, 125);
    assert.match(refused.stderr, /no subordinate ids for user .* in \/etc\/subuid\n.*add the line/);
    await ok("rm", container);
  });

  it("look no further than the context", async () => {
    symlinkSync("/", join(home, "ctx/root"));
    const refused: [containerfile: string, message: RegExp][] = [
      ["FROM oci:../base", /image oci:\.\.\/base of the Containerfile is not in the context/],
      ["FROM dir:/etc", /image dir:\/etc of the Containerfile is not in the context/],
      ["FROM oci-archive:root/etc/passwd", /of the Containerfile is not in the context/],
      ["FROM scratch\nCOPY root/etc/passwd /", /:2: COPY .*etc\/passwd.*no such file/],
      ["FROM scratch\nCOPY ../base/f /", /:2: COPY .*base\/f.*no such file/],
      ["FROM scratch\nCOPY --from=oci:../base f /", /is not in the context/],
    ];
    for (const [containerfile, message] of refused) {
      writeFileSync(join(home, "file"), `${containerfile}\n`);
      const { status, stderr } = await run("build", "-f", "file", "ctx");
      assert.equal(status, 125, containerfile);
      assert.match(stderr, message);
    }
  });

  it("are checked without being built, by what is in the context and the store too", async () => {
    writeFileSync(join(home, "ctx/.containerignore"), "secret\n");
    writeFileSync(join(home, "ctx/secret"), "");
    writeFileSync(
      join(home, "file"),
      "# check=skip=WorkdirRelativePath;error=true\nFROM made\nWORKDIR x\nENV a=$HERE b=$HERD\nCOPY secret /\n",
    );
    const { status, stdout, stderr } = await run("build", "--check", "-f", "file", "ctx");
    assert.equal(status, 1);
    assert.deepEqual(stdout.trim().split("\n").sort(), [
      'file:4: UndefinedVar: usage of undefined variable "$HERD" (did you mean $HERE?)',
      'file:5: CopyIgnoredFile: attempting to COPY file "secret": it is left out of the context by .containerignore',
    ]);
    assert.match(stderr, /2 findings, which its check directive makes errors/);
  });
});
