import assert from "node:assert/strict";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

const NO_NETWORK = ["--rm", "--network", "none"];

describe("wherry run", function () {
  this.timeout(60_000);
  let box: Box;

  before(async () => {
    box = await openBox();
  });
  after(() => box[Symbol.asyncDispose]());

  const inBox = (...args: readonly string[]) => box.wherry(["run", ...NO_NETWORK, ...args]);

  describe("exit statuses", () => {
    const cases = [
      { what: "that of the command", args: ["bb", "sh", "-c", "exit 7"], status: 7, says: /^$/ },
      {
        what: "128 and the signal that ended it",
        args: ["--init", "bb", "sh", "-c", "kill -9 $$"],
        status: 137,
        says: /^$/,
      },
      { what: "127 for a command not found", args: ["bb", "nosuch"], status: 127, says: /nosuch.*not found/ },
      {
        what: "127 for a path not found",
        args: ["bb", "/no/such"],
        status: 127,
        says: /\/no\/such.*(not found|no such file)/i,
      },
      { what: "126 for a folder", args: ["bb", "/etc"], status: 126, says: /permission denied/i },
      {
        what: "126 for a file without x",
        args: ["bb", "/etc/passwd"],
        status: 126,
        says: /permission denied/i,
      },
      { what: "125 for an unknown flag", args: ["--frob", "bb"], status: 125, says: /unknown flag: --frob/ },
      {
        what: "125 for an unknown user",
        args: ["-u", "nosuch", "bb", "true"],
        status: 125,
        says: /unable to find user nosuch/,
      },
      {
        what: "125 for a missing folder",
        args: ["-v", "/no/such:/x", "bb", "true"],
        status: 125,
        says: /\/no\/such.*no such file/,
      },
      {
        what: "125 for a bad capability",
        args: ["--cap-add", "frob", "bb", "true"],
        status: 125,
        says: /"CAP_FROB": unknown capability/,
      },
      {
        what: "125 for a bad port",
        args: ["-p", "99999:1", "bb", "true"],
        status: 125,
        says: /invalid port mapping "99999:1"/,
      },
    ];
    for (const { what, args, status, says } of cases) {
      it(`is ${what}`, async () => {
        const result = await inBox(...args);
        assert.equal(result.status, status, result.stderr);
        assert.match(result.stderr, says);
        assert.equal(await box.ok("ps", "-aq"), "", "a container is left");
      });
    }
  });

  describe("what the program sees", () => {
    const cases: readonly { what: string; args: readonly string[]; prints: RegExp }[] = [
      {
        what: "its arguments as they are",
        args: ["bb", "echo", "a  b", "$HOME", "--rm"],
        prints: /^a {2}b \$HOME --rm\n$/,
      },
      { what: "root", args: ["bb", "id", "-u"], prints: /^0\n$/ },
      {
        what: "a user and its groups",
        args: ["-u", "alice", "bb", "id"],
        prints: /uid=1000\(alice\) gid=1000\(alice\) groups=.*100\(users\)/,
      },
      {
        what: "a user by ids",
        args: ["--user", "1234:5678", "bb", "sh", "-c", "id -u; id -g"],
        prints: /^1234\n5678\n$/,
      },
      {
        what: "the user's home",
        args: ["-u", "alice", "bb", "sh", "-c", "echo $HOME"],
        prints: /^\/home\/alice\n$/,
      },
      { what: "the working directory", args: ["-w", "/tmp", "bb", "pwd"], prints: /^\/tmp\n$/ },
      {
        what: "variables",
        args: ["-e", "A=b c", "-e", "D=", "bb", "sh", "-c", 'echo "$A,$D,${D-unset}"'],
        prints: /^b c,,\n$/,
      },
      {
        what: "a host name",
        args: ["--hostname", "boat", "bb", "sh", "-c", "hostname; cat /etc/hostname; echo $HOSTNAME"],
        prints: /^boat\nboat\nboat\n$/,
      },
      { what: "itself as process 1", args: ["bb", "sh", "-c", "echo $$"], prints: /^1\n$/ },
      {
        what: "an init before it",
        args: ["--init", "bb", "sh", "-c", "cat /proc/1/cmdline | tr '\\0' ' '"],
        prints: /^\/run\/podman-init -- sh/,
      },
      { what: "only the loopback interface", args: ["bb", "ls", "/sys/class/net"], prints: /^lo\n$/ },
      {
        what: "an entrypoint instead of the image's",
        args: ["--entrypoint", "echo", "bb", "x"],
        prints: /^x\n$/,
      },
      {
        what: "an entrypoint of several words",
        args: ["--entrypoint", '["echo","-n"]', "bb", "x"],
        prints: /^x$/,
      },
      {
        what: "added hosts",
        args: ["--add-host", "db:10.1.2.3", "bb", "cat", "/etc/hosts"],
        prints: /^10\.1\.2\.3\s+db$/m,
      },
      {
        what: "name servers",
        args: ["--dns", "10.9.8.7", "bb", "cat", "/etc/resolv.conf"],
        prints: /^nameserver 10\.9\.8\.7\n$/,
      },
      { what: "that it is in a container", args: ["bb", "cat", "/run/.containerenv"], prints: /engine=/ },
      {
        what: "podman's capabilities",
        args: ["bb", "grep", "CapBnd", "/proc/self/status"],
        prints: /00000000800405fb/,
      },
      {
        what: "fewer capabilities",
        args: ["--cap-drop", "all", "bb", "grep", "CapEff", "/proc/self/status"],
        prints: /0000000000000000/,
      },
      {
        what: "a filter of system calls",
        args: ["bb", "grep", "Seccomp:", "/proc/self/status"],
        prints: /2/,
      },
      {
        what: "none of the host's processes",
        args: ["bb", "sh", "-c", "ls /proc | grep -c '^[0-9]'"],
        prints: /^[1-5]\n$/,
      },
      { what: "limits", args: ["--ulimit", "nofile=99", "bb", "sh", "-c", "ulimit -n"], prints: /^99\n$/ },
      {
        what: "a larger /dev/shm",
        args: ["--shm-size", "100m", "bb", "grep", "/dev/shm", "/proc/mounts"],
        prints: /size=102400k/,
      },
      {
        what: "a device",
        args: ["--device", "/dev/fuse:/dev/f", "bb", "sh", "-c", "test -c /dev/f && echo device"],
        prints: /^device\n$/,
      },
      { what: "a further group", args: ["-u", "alice", "--group-add", "77", "bb", "id"], prints: /77/ },
      {
        what: "no new privileges",
        args: ["--security-opt", "no-new-privileges", "bb", "grep", "NoNewPrivs", "/proc/self/status"],
        prints: /1/,
      },
      {
        what: "kernel parameters",
        args: ["--sysctl", "net.ipv4.ip_default_ttl=77", "bb", "cat", "/proc/sys/net/ipv4/ip_default_ttl"],
        prints: /^77\n$/,
      },
      {
        what: "a terminal's group",
        args: ["-t", "bb", "sh", "-c", "test -t 1 && echo terminal"],
        prints: /^terminal\r\n$/,
      },
    ];
    for (const { what, args, prints } of cases) {
      it(`is ${what}`, async () => {
        const { status, stdout, stderr } = await inBox(...args);
        assert.equal(status, 0, stderr);
        assert.match(stdout, prints);
        assert.equal(stderr, "");
      });
    }
  });

  it("passes standard input, and keeps output and errors apart", async () => {
    const script = "cat; echo problem >&2";
    const { stdout, stderr } = await box.wherry(["run", ...NO_NETWORK, "-i", "bb", "sh", "-c", script], {
      input: "in\n",
    });
    assert.equal(stdout, "in\n");
    assert.equal(stderr, "problem\n");
  });

  it("passes a file as standard input", async () => {
    const line = ["wherry", "run", ...NO_NETWORK, "-i", "bb", "cat"].join(" ");
    const { status, stdout, stderr } = await box.user.run("sh", ["-c", `echo in >input; ${line} <input`]);
    assert.deepEqual([status, stdout, stderr], [0, "in\n", ""]);
  });

  it("reads nothing without -i", async () => {
    const { stdout } = await box.wherry(["run", ...NO_NETWORK, "bb", "cat"], { input: "in\n" });
    assert.equal(stdout, "");
  });

  it("passes megabytes unchanged", async () => {
    const input = "0123456789abcde\n".repeat(200_000);
    const { stdout } = await box.wherry(["run", ...NO_NETWORK, "-i", "bb", "cat"], { input });
    assert.equal(stdout.length, input.length);
    assert.equal(stdout === input, true);
  });

  it("takes variables from files and from its own environment", async () => {
    const file = join(box.user.home, "env");
    writeFileSync(file, "# comment\nFROM_FILE=1\n\nBOTH=file\n");
    const args = ["run", ...NO_NETWORK, "--env-file", file, "-e", "BOTH=flag", "-e", "MINE", "bb", "env"];
    const { stdout } = await box.wherry(args, { env: { MINE: "here" } });
    for (const entry of ["FROM_FILE=1", "BOTH=flag", "MINE=here"])
      assert.match(stdout, new RegExp(`^${entry}$`, "m"));
  });

  describe("mounts", () => {
    let folder: string;
    beforeEach(() => {
      folder = join(box.user.home, "shared");
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "file"), "from the host\n");
      chownSync(folder, box.user.uid, box.user.gid);
      chmodSync(folder, 0o755);
    });

    it("shows a folder of the host, and what is written there belongs to the user", async () => {
      const { stdout, stderr } = await inBox(
        "-v",
        `${folder}:/x`,
        "bb",
        "sh",
        "-c",
        "cat /x/file; echo back > /x/new",
      );
      assert.equal(stdout, "from the host\n", stderr);
      assert.equal(readFileSync(join(folder, "new"), "utf8"), "back\n");
      assert.equal(statSync(join(folder, "new")).uid, box.user.uid);
    });

    it("reads a relative path from where it was called", async () => {
      const result = await box.wherry(["run", ...NO_NETWORK, "-v", "./shared:/x", "bb", "cat", "/x/file"], {
        cwd: box.user.home,
      });
      assert.equal(result.stdout, "from the host\n", result.stderr);
    });

    it("keeps :ro from being written", async () => {
      const { status, stderr } = await inBox("-v", `${folder}:/x:ro`, "bb", "touch", "/x/new2");
      assert.equal(status, 1);
      assert.match(stderr, /Read-only file system/);
    });

    it("takes --mount and --tmpfs", async () => {
      const mount = `type=bind,source=${folder},target=/x,ro`;
      const script = "cat /x/file; mount | grep ' /t '; touch /t/f";
      const { stdout, status } = await inBox(
        "--mount",
        mount,
        "--tmpfs",
        "/t:size=1m",
        "bb",
        "sh",
        "-c",
        script,
      );
      assert.equal(status, 0);
      assert.match(stdout, /^from the host\ntmpfs on \/t type tmpfs \(.*size=1024k/);
    });

    it("keeps a named volume", async () => {
      await box.ok("run", ...NO_NETWORK, "-v", "data:/d", "bb", "sh", "-c", "echo kept > /d/f");
      assert.equal(await box.ok("run", ...NO_NETWORK, "-v", "data:/d", "bb", "cat", "/d/f"), "kept");
    });
  });

  it("makes the root file system read-only, but for temporary folders", async () => {
    const script = "touch /x 2>/dev/null && echo wrong; touch /tmp/x /run/x && echo right";
    const { stdout, stderr } = await inBox("--read-only", "bb", "sh", "-c", script);
    assert.equal(stdout, "right\n", stderr);
  });

  it("throws changes away with the container, and leaves the image as it was", async () => {
    await box.ok("run", ...NO_NETWORK, "bb", "sh", "-c", "echo x > /new; rm /etc/passwd");
    assert.equal(
      await box.ok("run", ...NO_NETWORK, "bb", "sh", "-c", "ls /new 2>/dev/null; ls /etc/passwd"),
      "/etc/passwd",
    );
  });

  it("writes the ID to a file, refuses to write over it, and removes it with the container", async () => {
    const cidfile = join(box.user.home, "cid");
    const id = await box.ok("create", "--cidfile", cidfile, "bb", "true");
    assert.equal(readFileSync(cidfile, "utf8"), id);
    const { status, stderr } = await box.wherry(["create", "--cidfile", cidfile, "bb"]);
    assert.equal(status, 125);
    assert.match(stderr, /container ID file .* exists/);
    await box.ok("rm", "--cidfile", cidfile);
    await inBox("--cidfile", `${cidfile}2`, "bb", "true");
    assert.equal(existsSync(`${cidfile}2`), false);
  });

  it("refuses a name that is in use, and replaces it with --replace", async () => {
    const first = await box.ok("create", "--name", "taken", "bb");
    const { status, stderr } = await box.wherry(["create", "--name", "taken", "bb"]);
    assert.equal(status, 125);
    assert.match(stderr, /the container name "taken" is already in use by [0-9a-f]{12}/);
    const second = await box.ok("create", "--replace", "--name", "taken", "bb");
    assert.notEqual(first, second);
    await box.ok("rm", "taken");
  });

  it("gives our descriptors on, changes the image's variables, and joins only the streams asked for", async () => {
    const flags =
      "--init --init-path $(command -v catatonit) --personality LINUX32 --unsetenv-all --env-merge P='$PATH:/x'";
    const script =
      'cat <&3; cat <&5; test -c /proc/self/fd/4 && echo null; uname -m; echo "$P"; echo lost >&2';
    const line = `echo a >a; echo b >b; wherry run ${NO_NETWORK.join(" ")} -a stdout --preserve-fd 3,5 ${flags} bb sh -c '${script}' 3<a 5<b`;
    const { stdout, stderr } = await box.user.run("sh", ["-c", line]);
    assert.equal(stderr, "");
    assert.match(stdout, /^a\nb\nnull\n(?:i686|armv.*)\n\/bin:\/x\n$/);
    const closed = await inBox("--preserve-fds", "1", "bb", "true");
    assert.equal(closed.status, 125);
    assert.match(closed.stderr, /file descriptor 3 is not available/);
  });

  it("never pulls with --pull never, and says how an image that is nowhere is called", async () => {
    const { status, stderr } = await box.wherry(["run", "--pull=never", "nosuch"]);
    assert.equal(status, 125);
    assert.match(stderr, /nosuch: image not known/);
  });

  it("says what is missing when there is no command", async () => {
    const { status, stderr } = await box.wherry(["run", "--rm", "--entrypoint", "", "bb"]);
    assert.equal(status, 125);
    assert.match(stderr, /no command/);
  });

  it("tells with --timing what took how long, on standard error, and nothing without", async () => {
    const { stdout, stderr } = await inBox("--timing", "bb", "echo", "said");
    assert.equal(stdout, "said\n");
    assert.deepEqual(
      phasesOf(stderr),
      "start-up image create namespace bundle made network attach started program remove total".split(" "),
    );
    assert.equal((await inBox("bb", "true")).stderr, "");
    const pull = await box.wherry(["pull", "-q", "--timing", `docker-archive:${await savedImage()}`]);
    assert.equal(pull.status, 0, pull.stderr);
    assert.deepEqual(phasesOf(pull.stderr), "start-up manifests blobs publish total".split(" "));
    assert.match(pull.stderr, /^blobs +\d+m?s {2}[\d.]+ [kM]?B$/m);
  });

  /** An archive of another image, so that it has something to bring. */
  async function savedImage(): Promise<string> {
    const context = join(box.user.home, "timed");
    mkdirSync(context);
    writeFileSync(join(context, "Containerfile"), "FROM scratch\nCOPY Containerfile /timed\n");
    const built = await box.user.run("wherry-build", [
      "build",
      "-q",
      "--timing",
      "-t",
      "localhost/timed",
      context,
    ]);
    assert.deepEqual(phasesOf(built.stderr), "start-up reading steps commit total".split(" "));
    assert.match(built.stderr, /^ +[\d.]+m?s {2}STEP 2\/2: COPY Containerfile \/timed {2}[\d.]+ kB$/m);
    await box.ok("save", "-q", "-o", `${context}.tar`, "localhost/timed");
    await box.ok("rmi", "localhost/timed");
    return `${context}.tar`;
  }
});

/** The names of the phases that `--timing` tells of, each with a time. */
function phasesOf(report: string): string[] {
  return report.split("\n").flatMap((line) => /^([a-z-]+) +\d[\d.a-z]*(?: {2}|$)/.exec(line)?.[1] ?? []);
}
