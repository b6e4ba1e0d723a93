import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxTree, writeLayout } from "../support/layout.ts";
import { finish, testUser, type Result, type TestUser } from "../support/user.ts";

const isRoot = process.getuid?.() === 0;
const reason = isRoot ? "" : " (skipped: only root can take parts of the machine away for one process)";

/** Each row: what root does, in a private mount namespace, to the machine the user then meets. */
const CASES = [
  {
    what: "no newuidmap",
    script: hide("newuidmap"),
    args: ["run", "--rm", "--network", "none", "bb", "true"],
    says: /newuidmap.*[^]*(uidmap|wherry doctor)/,
  },
  {
    what: "no runtime",
    script: `${hide("crun")}; ${hide("runc")}`,
    args: ["run", "--rm", "--network", "none", "bb", "true"],
    says: /crun.*runc[^]*(install|wherry doctor)/,
  },
  {
    what: "no conmon",
    script: hide("conmon"),
    args: ["run", "--rm", "--network", "none", "bb", "true"],
    says: /conmon.*[^]*(install|wherry doctor)/,
  },
  {
    what: "no pasta",
    script: hide("pasta"),
    args: ["run", "--rm", "bb", "true"],
    says: /pasta.*[^]*(--network none|passt|wherry doctor)/,
  },
  {
    what: "/dev/net/tun closed",
    script:
      "touch /tmp/closed-$$ && chmod 0600 /tmp/closed-$$ && mount --bind /tmp/closed-$$ /dev/net/tun && rm /tmp/closed-$$",
    args: ["run", "--rm", "bb", "true"],
    says: /\/dev\/net\/tun/,
  },
  {
    what: "no subordinate ids",
    script:
      "grep -v '^wherry-' /etc/subuid > /tmp/subuid-$$; mount --bind /tmp/subuid-$$ /etc/subuid; rm /tmp/subuid-$$",
    args: ["run", "--rm", "--network", "none", "bb", "true"],
    says: /\/etc\/subuid[^]*wherry-test/,
  },
  {
    what: "no gpg",
    script: hide("gpg"),
    args: ["push", "--sign-by", "me@example.com", "bb", "docker://127.0.0.1:1/bb:1"],
    says: /gpg not found, which is needed to sign images[^]*install GnuPG/,
  },
  {
    what: "a full disk",
    script: `mount -t tmpfs -o size=300k,mode=0777 tmpfs "$HOME_OF_USER/full"`,
    args: ["--root", "FULL/store", "load", "-i", "HOME/bb.tar"],
    says: /no space left on device/,
  },
  {
    what: "a read-only home",
    script: `mount --bind "$HOME_OF_USER/readonly" "$HOME_OF_USER/readonly" && mount -o remount,ro,bind "$HOME_OF_USER/readonly"`,
    args: ["--root", "HOME/readonly/store", "load", "-i", "HOME/bb.tar"],
    says: /readonly\/store.*read-only file system|read-only file system.*readonly/,
  },
] as const;

describe(`missing parts: the message names the part and what to do${reason}`, function () {
  this.timeout(60_000);
  let user: TestUser;

  before(async function () {
    if (!isRoot) this.skip();
    user = testUser();
    const folder = join(user.home, "made");
    for (const name of [folder, join(user.home, "full"), join(user.home, "readonly")]) mkdirSync(name);
    writeLayout(join(folder, "layout"), "bb", [busyboxTree(folder)]);
    spawnSync("chown", ["-R", `${user.uid}:${user.gid}`, user.home]);
    for (const target of [
      "containers-storage:localhost/bb",
      `docker-archive:${user.home}/bb.tar:localhost/bb:latest`,
    ]) {
      const { status, stderr } = await user.run("wherry-image", [
        "copy",
        "-q",
        `oci:${folder}/layout:bb`,
        target,
      ]);
      assert.equal(status, 0, stderr);
    }
  });

  after(async () => {
    if (isRoot) await user[Symbol.asyncDispose]();
  });

  for (const { what, script, args, says } of CASES) {
    it(what, async () => {
      const words = args.map((word) => word.replace("HOME", user.home).replace("FULL", `${user.home}/full`));
      const { status, stderr } = await onCrippledMachine(user, script, ["wherry", ...words]);
      assert.equal(status, 125, stderr);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /internal error|\n\s+at .*\(/);
    });
  }

  it("reads work on a read-only home, and so does a build without RUN for a user without subordinate ids", async () => {
    const readOnly = `mount --bind "$HOME_OF_USER" "$HOME_OF_USER" && mount -o remount,ro,bind "$HOME_OF_USER"`;
    for (const command of [["ps", "-a"], ["images"]]) {
      const { status, stderr } = await onCrippledMachine(user, readOnly, ["wherry", ...command]);
      assert.equal(status, 0, stderr);
    }
    writeFileSync(join(user.home, "Containerfile"), "FROM scratch\nCOPY Containerfile /here\n");
    const { status, stderr } = await onCrippledMachine(
      user,
      `${hide("newuidmap")}; ${hide("crun")}; ${hide("conmon")}`,
      ["wherry-build", "build", "-q", "-t", "localhost/copied", user.home],
    );
    assert.equal(status, 0, stderr);
  });

  it("leaves the store whole", async () => {
    const { status, stdout, stderr } = await user.run("wherry", ["system", "check"]);
    assert.equal(status, 0, stdout + stderr);
    assert.equal((await user.run("wherry", ["ps", "-a", "-q"])).stdout, "");
    assert.equal(readFileSync("/etc/subuid", "utf8").includes(user.name), true);
  });
});

/** Covers a program by a file that nobody may execute. */
function hide(program: string): string {
  return `for f in /usr/bin/${program} /usr/sbin/${program} /usr/local/bin/${program}; do [ -e "$f" ] && mount --bind /dev/null "$(readlink -f "$f")"; done; true`;
}

/** Runs a command as the user in a mount namespace where root first ran `script`. */
function onCrippledMachine(user: TestUser, script: string, command: readonly string[]): Promise<Result> {
  // a fresh runtime folder, so that no namespace made before the part went missing is found again
  const runtime = join(user.home, `run-${Math.random().toString(36).slice(2)}`);
  mkdirSync(runtime, { mode: 0o700 });
  spawnSync("chown", [`${user.uid}:${user.gid}`, runtime]);
  const inside = `mount --make-rprivate /; { ${script}; } && exec "$@"`;
  const argv = [
    "--mount",
    "sh",
    "-c",
    inside,
    "sh",
    ...user.become,
    `XDG_RUNTIME_DIR=${runtime}`,
    ...command,
  ];
  return finish(
    spawn("unshare", argv, {
      cwd: "/",
      env: { ...process.env, HOME_OF_USER: user.home },
      timeout: 30_000,
      killSignal: "SIGKILL",
    }),
  );
}
