import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openBox, type Box } from "../support/box.ts";

const NO_NETWORK = ["--rm", "--network", "none"];

describe("the walls around a container", function () {
  this.timeout(60_000);
  let box: Box;
  /** As others have them there. */
  let closed: string;

  before(async () => {
    box = await openBox();
    closed = mkdtempSync("/dev/shm/wherry-closed-");
    chmodSync(closed, 0);
    const profile = {
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [{ names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 1 }],
    };
    writeFileSync(join(box.user.home, "no-mkdir.json"), JSON.stringify(profile));
    writeFileSync(join(box.user.home, "broken.json"), "{}");
    writeFileSync(join(box.user.home, "hosts"), "10.9.8.7 from.file\n");
    for (const name of ["no-mkdir.json", "broken.json", "hosts"]) chmodSync(join(box.user.home, name), 0o644);
  });
  after(async () => {
    rmdirSync(closed);
    await box[Symbol.asyncDispose]();
  });

  const inBox = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    box.wherry(["run", ...NO_NETWORK, ...args], { env });

  const cases: readonly { what: string; flags: readonly string[]; sh: string; prints: RegExp }[] = [
    {
      what: "a name for a user the image does not know",
      flags: ["-u", "1234:77"],
      sh: "id",
      prints: /uid=1234\(1234\) gid=77\(77\)/,
    },
    {
      what: "--passwd-entry with podman's variables",
      flags: ["-u", "1234", "-w", "/tmp", "--passwd-entry", "me:x:$UID:$GID:hello:$HOME:/bin/ash"],
      sh: "grep 1234 /etc/passwd",
      prints: /^me:x:1234:0:hello:\/tmp:\/bin\/ash$/m,
    },
    {
      what: "no entry with --passwd=false",
      flags: ["-u", "1234", "--passwd=false"],
      sh: "id; grep -c 1234 /etc/passwd",
      prints: /uid=1234 gid=0.*\n0/,
    },
    {
      what: "a user of the host by --hostuser",
      flags: ["--hostuser", "daemon"],
      sh: "grep daemon /etc/passwd",
      prints: /^daemon:/m,
    },
    { what: "--umask", flags: ["--umask", "077"], sh: "umask", prints: /^0077$/m },
    { what: "--tz", flags: ["--tz", "Asia/Kolkata"], sh: "date +%z", prints: /^\+0530$/m },
    {
      what: "--security-opt seccomp=FILE",
      flags: ["--security-opt", "seccomp=no-mkdir.json"],
      sh: "mkdir /tmp/x 2>&1; echo end",
      prints: /not permitted\nend/,
    },
    {
      what: "a profile in a privileged container too",
      flags: ["--privileged", "--security-opt", "seccomp=no-mkdir.json"],
      sh: "grep Seccomp: /proc/self/status",
      prints: /\t2$/m,
    },
    {
      what: "no filter with seccomp=unconfined",
      flags: ["--security-opt", "seccomp=unconfined"],
      sh: "grep Seccomp: /proc/self/status",
      prints: /\t0$/m,
    },
    {
      what: "no filter in a privileged container",
      flags: ["--privileged"],
      sh: "grep Seccomp: /proc/self/status",
      prints: /\t0$/m,
    },
    {
      what: "no new privileges",
      flags: ["--security-opt", "no-new-privileges"],
      sh: "grep NoNewPrivs /proc/self/status",
      prints: /\t1$/m,
    },
    {
      what: "mask=PATH",
      flags: ["--security-opt", "mask=/etc/group"],
      sh: "wc -c </etc/group",
      prints: /^0$/m,
    },
    {
      what: "unmask=PATH",
      flags: ["--security-opt", "unmask=/proc/sys"],
      sh: "grep -c ' /proc/sys ' /proc/mounts",
      prints: /^0$/m,
    },
    {
      what: "a read-only /proc/sys by default",
      flags: [],
      sh: "grep -c ' /proc/sys ' /proc/mounts",
      prints: /^1$/m,
    },
    {
      what: "systempaths=unconfined",
      flags: ["--security-opt", "systempaths=unconfined"],
      sh: "grep -c ' /proc/' /proc/mounts",
      prints: /^0$/m,
    },
    {
      what: "proc-opts",
      flags: ["--security-opt", "proc-opts=hidepid=2"],
      sh: "grep '^proc' /proc/mounts",
      prints: /hidepid=(?:2|invisible)/,
    },
    {
      what: "labels where SELinux is off",
      flags: ["--security-opt", "label=disable", "--security-opt", "apparmor=unconfined"],
      sh: "echo ok",
      prints: /^ok$/m,
    },
    {
      what: "the host's processes with --pid host",
      flags: ["--pid", "host"],
      sh: `test -e /proc/${process.pid} && echo seen`,
      prints: /^seen$/m,
    },
    {
      what: "the host's name with --uts host",
      flags: ["--uts", "host"],
      sh: "test $(hostname) = $(cat /proc/sys/kernel/hostname) && echo same",
      prints: /^same$/m,
    },
    {
      what: "no shared memory with --ipc none",
      flags: ["--ipc", "none"],
      sh: "ls /dev",
      prints: /^(?![^]*shm)/,
    },
    {
      what: "the host's shared memory with --ipc host",
      flags: ["--ipc", "host"],
      sh: "cat /proc/mounts | grep -c shm",
      prints: /^[01]$/m,
    },
    {
      what: "/dev/shm without limit for --shm-size 0",
      flags: ["--shm-size", "0"],
      sh: "grep shm /proc/mounts",
      prints: /^(?!.*size=)/,
    },
    {
      what: "our limits with --ulimit host, and one of its own",
      flags: ["--ulimit", "host", "--ulimit", "nofile=99"],
      sh: "ulimit -n",
      prints: /^99$/m,
    },
    {
      what: "--oom-score-adj",
      flags: ["--oom-score-adj", "123"],
      sh: "cat /proc/self/oom_score_adj",
      prints: /^123$/m,
    },
    {
      what: "a read-only root with writable folders",
      flags: ["--read-only"],
      sh: "touch /x 2>/dev/null || touch /tmp/y && echo ok",
      prints: /^ok$/m,
    },
    {
      what: "nothing writable with --read-only-tmpfs=false",
      flags: ["--read-only", "--read-only-tmpfs=false"],
      sh: "touch /tmp/y 2>&1",
      prints: /Read-only/,
    },
    {
      what: "a device under another name",
      flags: ["--device", "/dev/zero:/dev/nil:r"],
      sh: "head -c 3 /dev/nil | wc -c",
      prints: /^3$/m,
    },
    {
      what: "the host's devices when privileged, whatever others keep in /dev/shm",
      flags: ["--privileged"],
      sh: "ls /dev | wc -l",
      prints: /^(?!1?\d$)\d+$/m,
    },
    {
      what: "an empty hosts file as a base",
      flags: ["--hosts-file", "none", "--add-host", "a:1.2.3.4"],
      sh: "cat /etc/hosts",
      prints: /^1\.2\.3\.4\ta\n127\.0\.0\.1\tlocalhost\n/,
    },
    {
      what: "a hosts file of ours as a base",
      flags: ["--hosts-file", "hosts"],
      sh: "cat /etc/hosts",
      prints: /^10\.9\.8\.7\tfrom\.file$/m,
    },
    {
      what: "no hosts file with --no-hosts",
      flags: ["--no-hosts"],
      sh: "cat /etc/hosts 2>&1",
      prints: /No such file/,
    },
    {
      what: "folders for systemd",
      flags: ["--systemd", "always"],
      sh: "grep -c ' tmpfs ' /proc/mounts; env",
      prints: /container_uuid=[0-9a-f]{32}/,
    },
    {
      what: "a kernel parameter of its network",
      flags: ["--sysctl", "net.core.somaxconn=77"],
      sh: "cat /proc/sys/net/core/somaxconn",
      prints: /^77$/m,
    },
    {
      what: "added capabilities",
      flags: ["--cap-drop", "all", "--cap-add", "kill"],
      sh: "grep CapEff /proc/self/status",
      prints: /0000000000000020$/m,
    },
  ];
  for (const { what, flags, sh, prints } of cases) {
    it(`gives it ${what}`, async () => {
      const { stdout, stderr } = await inBox([...flags, "bb", "sh", "-c", sh]);
      assert.match(stdout, prints, stderr);
    });
  }

  it("gives what is asked of its programs to those that join it too", async () => {
    const asked = ["--umask", "077", "--ulimit", "nofile=100:200"];
    await box.ok("run", "-d", "--name", "joined", "--network", "none", ...asked, "bb", "sleep", "100");
    const look = "umask; ulimit -n";
    assert.equal(await box.ok("exec", "joined", "sh", "-c", look), "0077\n100");
    await box.ok("rm", "-f", "-t", "0", "joined");
  });

  it("passes on proxies, and all of our environment when asked", async () => {
    const env = { http_proxy: "http://proxy.example:3128", MINE: "here" };
    const usual = await inBox(["bb", "env"], env);
    assert.match(usual.stdout, /^http_proxy=http:\/\/proxy\.example:3128$/m);
    assert.doesNotMatch(usual.stdout, /MINE/);
    assert.doesNotMatch((await inBox(["--http-proxy=false", "bb", "env"], env)).stdout, /proxy/);
    assert.match((await inBox(["--env-host", "-e", "MINE=there", "bb", "env"], env)).stdout, /^MINE=there$/m);
  });

  const wrong: readonly { flags: readonly string[]; says: RegExp }[] = [
    { flags: ["--security-opt", "frob"], says: /invalid --security-opt "frob"/ },
    {
      flags: ["--security-opt", "seccomp=/no/such.json"],
      says: /open \/no\/such\.json: no such file or directory/,
    },
    {
      flags: ["--security-opt", "seccomp=broken.json"],
      says: /invalid seccomp profile .*broken\.json: .*defaultAction/,
    },
    { flags: ["--security-opt", "apparmor=frob"], says: /AppArmor profile "frob" cannot be used/ },
    { flags: ["--pid", "frob"], says: /--pid: unrecognized namespace mode "frob"/ },
    { flags: ["--ipc", "container:frob"], says: /no such container/ },
    { flags: ["--uts", "host", "--hostname", "x"], says: /cannot set hostname/ },
    { flags: ["--umask", "9"], says: /invalid --umask "9"/ },
    { flags: ["--tz", "Not/There"], says: /unknown time zone Not\/There/ },
    { flags: ["--tz", "../../etc/passwd"], says: /unknown time zone/ },
    { flags: ["--oom-score-adj", "1001"], says: /oom-score-adj/ },
    { flags: ["--device", "/no/such"], says: /stat \/no\/such: no such file or directory/ },
    { flags: ["--device", "/etc/passwd"], says: /\/etc\/passwd: not a device node/ },
    { flags: ["--device", "vendor.com/gpu=0"], says: /CDI devices are not supported/ },
    { flags: ["--hostuser", "nosuchuser"], says: /unable to find user nosuchuser/ },
    { flags: ["--hosts-file", "/no/such"], says: /open \/no\/such: no such file/ },
    {
      flags: ["--no-hosts", "--add-host", "a:1.2.3.4"],
      says: /--no-hosts and --add-host cannot be set together/,
    },
    { flags: ["--sysctl", "vm.swappiness=1"], says: /sysctl vm\.swappiness is not allowed/ },
    { flags: ["--systemd", "maybe"], says: /invalid --systemd "maybe"/ },
  ];
  for (const { flags, says } of wrong) {
    it(`refuses ${flags.join(" ")} and leaves nothing`, async () => {
      const { status, stderr } = await inBox([...flags, "bb", "true"]);
      assert.equal(status, 125, stderr);
      assert.match(stderr, says);
      assert.equal(await box.ok("ps", "-aq"), "");
    });
  }

  it("joins the namespaces of another container", async () => {
    await box.ok(
      "run",
      "-d",
      "--network",
      "none",
      "--name",
      "first",
      "--hostname",
      "firsthost",
      "bb",
      "sleep",
      "30",
    );
    const { stdout, stderr } = await inBox(
      ["--pid", "container:first", "--ipc", "container:first", "--uts", "container:first"].concat([
        "bb",
        "sh",
        "-c",
        "hostname; cat /proc/1/cmdline | tr '\\0' ' '",
      ]),
    );
    assert.equal(stdout, "firsthost\nsleep 30 ", stderr);
    const modes = ["--format", "{{.HostConfig.PidMode}} {{.HostConfig.IpcMode}} {{.HostConfig.UTSMode}}"];
    await box.ok(
      "create",
      "--name",
      "second",
      "--pid",
      "container:first",
      "--ipc",
      "host",
      "--uts",
      "host",
      "bb",
    );
    assert.match(await box.ok("inspect", ...modes, "second"), /^container:[0-9a-f]{64} host host$/);
    assert.equal(await box.ok("inspect", ...modes, "first"), "private shareable private");
    await box.ok("rm", "-f", "-t", "0", "first", "second");
    assert.equal(existsSync(join(box.user.home, "run/wherry/c")), true);
  });
});
