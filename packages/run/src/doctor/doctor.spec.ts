import assert from "node:assert/strict";
import type { Level } from "./finding.ts";
import { fixText, managerOf } from "./distribution.ts";
import type { HostView } from "./host-view.ts";
import { checks, renderReports, runChecks, statusOf, type Report } from "./run-checks.ts";

const CGROUP2 = 0x63677270;
const EXT4 = 0xef53;
const DEBIAN = 'PRETTY_NAME="Debian"\nID=debian\n';

/** What is different from a host on which all is well. */
interface Changes extends Partial<
  Omit<HostView, "readText" | "stat" | "find" | "fileSystem" | "isWritable">
> {
  readonly texts?: Readonly<Record<string, string | undefined>>;
  readonly missing?: readonly string[];
  readonly modes?: Readonly<Record<string, { uid: number; mode: number }>>;
  readonly closed?: readonly string[];
  readonly fileSystems?: Readonly<Record<string, { type: number; freeBytes: number }>>;
  readonly outputs?: Readonly<Record<string, string>>;
}

const MOUNTS = `20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
21 20 8:2 / /home rw,relatime shared:2 - ext4 /dev/vdb rw
`;

function hostWith(changes: Changes = {}): HostView {
  const texts: Record<string, string | undefined> = {
    "/etc/os-release": DEBIAN,
    "/etc/subuid": "other:100000:65536\nanna:165536:65536\n",
    "/etc/subgid": "1000:165536:65536\n",
    "/proc/sys/kernel/osrelease": "6.1.0-13-amd64\n",
    "/proc/sys/user/max_user_namespaces": "95000\n",
    "/proc/sys/net/ipv4/ip_unprivileged_port_start": "80\n",
    "/proc/self/mountinfo": MOUNTS,
    "/proc/self/cgroup": "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n",
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers": "cpu memory pids\n",
    "/proc/self/status": "Name:\tnode\nSeccomp:\t0\n",
    ...changes.texts,
  };
  const modes: Record<string, { uid: number; mode: number }> = {
    "/run/user/1000": { uid: 1000, mode: 0o700 },
    "/usr/bin/newuidmap": { uid: 0, mode: 0o104755 },
    "/usr/bin/newgidmap": { uid: 0, mode: 0o104755 },
    "/run/systemd/system": { uid: 0, mode: 0o755 },
    "/var/lib/systemd/linger/anna": { uid: 0, mode: 0o644 },
    "/dev/net/tun": { uid: 0, mode: 0o666 },
    "/home/anna": { uid: 1000, mode: 0o755 },
    ...changes.modes,
  };
  const { missing = [], closed = [], outputs = {} } = changes;
  const writable = [
    "/home/anna",
    "/dev/net/tun",
    "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.procs",
  ];
  return {
    uid: 1000,
    userName: "anna",
    env: { XDG_RUNTIME_DIR: "/run/user/1000" },
    nodeVersion: "v24.21.0",
    now: new Date("2026-01-01T00:00:00Z"),
    dataDir: "/home/anna/.local/share/wherry",
    runtimeDir: "/run/user/1000/wherry",
    configDir: "/home/anna/.config/containers",
    tryUserNamespace: () => Promise.resolve(undefined),
    tryRuntime: () => Promise.resolve({ name: "crun", program: "/usr/bin/crun", cgroup: true }),
    tryOverlay: () => Promise.resolve(undefined),
    tryRegistries: () => Promise.resolve({ searched: ["docker.io"] }),
    ...changes,
    readText: (path) => texts[path],
    stat: (path) => {
      const mode = missing.includes(path) ? undefined : modes[path];
      return mode === undefined ? undefined : { ...mode, mtime: new Date(0) };
    },
    isWritable: (path) => writable.includes(path) && !closed.includes(path) && !missing.includes(path),
    fileSystem: (path) =>
      changes.fileSystems?.[path] ??
      (path === "/sys/fs/cgroup" ? { type: CGROUP2, freeBytes: 0 } : { type: EXT4, freeBytes: 100e9 }),
    find: (program) => (missing.includes(program) ? undefined : `/usr/bin/${program}`),
    outputOf: (program) =>
      Promise.resolve(
        outputs[program] ?? (program === "conmon" ? "conmon version 2.1.6\n" : `${program} 1.0\n`),
      ),
  };
}

async function reportOf(id: string, changes: Changes): Promise<Report> {
  const [report] = await runChecks(
    hostWith(changes),
    checks.filter((check) => check.id === id),
  );
  assert.ok(report, `no check ${id}`);
  return report;
}

describe("doctor", () => {
  it("finds nothing wrong with a good host", async () => {
    const reports = await runChecks(hostWith());
    assert.deepEqual(
      reports.filter(({ level }) => level !== "ok"),
      [],
    );
    assert.equal(statusOf(reports), 0);
    assert.equal(new Set(reports.map(({ id }) => id)).size, reports.length);
  });

  const cases: readonly {
    id: string;
    title: string;
    changes: Changes;
    level: Level;
    found: RegExp;
    fix: RegExp;
  }[] = [
    {
      id: "node",
      title: "an old Node",
      changes: { nodeVersion: "v20.1.0" },
      level: "failure",
      found: /v20/,
      fix: /Node/,
    },
    {
      id: "kernel",
      title: "an old kernel",
      changes: { texts: { "/proc/sys/kernel/osrelease": "5.10.0-8-amd64" } },
      level: "warning",
      found: /^5\.10/,
      fix: /kernel/,
    },
    {
      id: "max-user-namespaces",
      title: "a limit of 0",
      changes: { texts: { "/proc/sys/user/max_user_namespaces": "0" } },
      level: "failure",
      found: /is 0/,
      fix: /^sudo sh -c 'echo user\.max_user_namespaces=28633/,
    },
    {
      id: "unprivileged-userns-clone",
      title: "Debian's switch",
      changes: { texts: { "/proc/sys/kernel/unprivileged_userns_clone": "0\n" } },
      level: "failure",
      found: /unprivileged_userns_clone is 0/,
      fix: /unprivileged_userns_clone=1/,
    },
    {
      id: "apparmor-userns",
      title: "Ubuntu's AppArmor",
      changes: { texts: { "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "1\n" } },
      level: "failure",
      found: /is 1/,
      fix: /restrict_unprivileged_userns=0/,
    },
    {
      id: "user-namespace",
      title: "a refused user namespace",
      changes: { tryUserNamespace: () => Promise.resolve({ problem: "no", hint: "try harder" }) },
      level: "failure",
      found: /^no$/,
      fix: /try harder/,
    },
    {
      id: "sub-ids",
      title: "no ids",
      changes: { texts: { "/etc/subuid": "other:100000:65536\n" } },
      level: "failure",
      found: /none for anna/,
      fix: /^sudo usermod --add-subuids 231072-296607 --add-subgids 231072-296607 anna$/,
    },
    {
      id: "sub-ids",
      title: "few ids",
      changes: { texts: { "/etc/subgid": "anna:300000:1000\n" } },
      level: "warning",
      found: /^1000 ids/,
      fix: /301000-366535/,
    },
    {
      id: "newuidmap",
      title: "missing map programs",
      changes: { missing: ["newuidmap", "newgidmap"] },
      level: "failure",
      found: /newuidmap and newgidmap not found/,
      fix: /^sudo apt-get install -y uidmap$/,
    },
    {
      id: "newuidmap-setuid",
      title: "a map program without privilege",
      changes: { modes: { "/usr/bin/newuidmap": { uid: 0, mode: 0o100755 } } },
      level: "failure",
      found: /\/usr\/bin\/newuidmap neither/,
      fix: /chmod u\+s \/usr\/bin\/newuidmap/,
    },
    {
      id: "runtime",
      title: "no runtime",
      changes: { missing: ["crun", "runc"] },
      level: "failure",
      found: /neither crun nor runc/,
      fix: /install -y crun/,
    },
    {
      id: "runtime",
      title: "runtimes that do not work",
      changes: { tryRuntime: () => Promise.resolve({ problem: "cgroups!" }) },
      level: "failure",
      found: /none works: cgroups!/,
      fix: /crun and runc/,
    },
    {
      id: "conmon",
      title: "an old conmon",
      changes: { outputs: { conmon: "conmon version 2.0.3\n" } },
      level: "warning",
      found: /2\.0\.3/,
      fix: /conmon/,
    },
    {
      id: "conmon",
      title: "no conmon",
      changes: { missing: ["conmon"] },
      level: "failure",
      found: /not found/,
      fix: /conmon/,
    },
    {
      id: "pasta",
      title: "no pasta",
      changes: { missing: ["pasta"] },
      level: "warning",
      found: /not found/,
      fix: /passt/,
    },
    {
      id: "tun-device",
      title: "a closed tun device",
      changes: { closed: ["/dev/net/tun"] },
      level: "warning",
      found: /closed/,
      fix: /^sudo chmod 0666 \/dev\/net\/tun$/,
    },
    {
      id: "tun-device",
      title: "a missing tun device",
      changes: { missing: ["/dev/net/tun"] },
      level: "warning",
      found: /missing/,
      fix: /modprobe tun/,
    },
    {
      id: "catatonit",
      title: "no catatonit",
      changes: { missing: ["catatonit", "/usr/libexec/podman/catatonit", "/usr/lib/podman/catatonit"] },
      level: "note",
      found: /not found/,
      fix: /catatonit/,
    },
    {
      id: "data-dir",
      title: "a store on NFS",
      changes: { fileSystems: { "/home/anna/.local/share/wherry": { type: 0x6969, freeBytes: 1e12 } } },
      level: "failure",
      found: /NFS/,
      fix: /WHERRY_ROOT/,
    },
    {
      id: "data-dir",
      title: "a store mounted noexec",
      changes: { texts: { "/proc/self/mountinfo": MOUNTS.replace("/home rw", "/home rw,noexec") } },
      level: "failure",
      found: /on \/home, mounted noexec/,
      fix: /remount,exec \/home/,
    },
    {
      id: "data-dir",
      title: "a store that is not writable",
      changes: { closed: ["/home/anna"] },
      level: "failure",
      found: /not writable/,
      fix: /WHERRY_ROOT/,
    },
    {
      id: "free-space",
      title: "a full disk",
      changes: { fileSystems: { "/home/anna/.local/share/wherry": { type: EXT4, freeBytes: 1e6 } } },
      level: "failure",
      found: /0\.0 GB/,
      fix: /rmi/,
    },
    {
      id: "overlay",
      title: "no overlay",
      changes: { tryOverlay: () => Promise.resolve({ problem: "wrong fs type" }) },
      level: "failure",
      found: /wrong fs type/,
      fix: /ext4/,
    },
    {
      id: "mount-propagation",
      title: "a private root",
      changes: { texts: { "/proc/self/mountinfo": MOUNTS.replace(" shared:1", "") } },
      level: "note",
      found: /private/,
      fix: /make-rshared/,
    },
    {
      id: "cgroups",
      title: "cgroups of version 1",
      changes: { fileSystems: { "/sys/fs/cgroup": { type: 0x01021994, freeBytes: 0 } } },
      level: "warning",
      found: /version 1/,
      fix: /unified_cgroup_hierarchy/,
    },
    {
      id: "cgroups",
      title: "controllers that are not delegated",
      changes: {
        texts: {
          "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/cgroup.controllers": "memory pids\n",
        },
      },
      level: "warning",
      found: /without cpu/,
      fix: /Delegate=/,
    },
    {
      id: "runtime-dir",
      title: "no XDG_RUNTIME_DIR",
      changes: { env: {} },
      level: "note",
      found: /not set/,
      fix: /log in/,
    },
    {
      id: "runtime-dir",
      title: "another user's XDG_RUNTIME_DIR",
      changes: { modes: { "/run/user/1000": { uid: 0, mode: 0o700 } } },
      level: "note",
      found: /belongs to user 0/,
      fix: /log in/,
    },
    {
      id: "linger",
      title: "no lingering",
      changes: { missing: ["/var/lib/systemd/linger/anna"] },
      level: "warning",
      found: /does not linger/,
      fix: /^loginctl enable-linger anna$/,
    },
    {
      id: "low-ports",
      title: "closed low ports",
      changes: { texts: { "/proc/sys/net/ipv4/ip_unprivileged_port_start": "1024\n" } },
      level: "note",
      found: /1024/,
      fix: /ip_unprivileged_port_start=80/,
    },
    {
      id: "registries-conf",
      title: "a broken registries.conf",
      changes: { tryRegistries: () => Promise.resolve({ problem: "bad TOML" }) },
      level: "failure",
      found: /bad TOML/,
      fix: /correct/,
    },
    {
      id: "registries-conf",
      title: "no registries for short names",
      changes: { tryRegistries: () => Promise.resolve({ searched: [] }) },
      level: "note",
      found: /no unqualified/,
      fix: /unqualified-search-registries = \["docker\.io"\]/,
    },
    {
      id: "policy",
      title: "a broken policy",
      changes: {
        modes: { "/etc/containers/policy.json": { uid: 0, mode: 0o644 } },
        texts: { "/etc/containers/policy.json": "{" },
      },
      level: "warning",
      found: /not JSON/,
      fix: /default/,
    },
    {
      id: "policy",
      title: "a policy that wants signatures, without gpg",
      changes: {
        modes: { "/etc/containers/policy.json": { uid: 0, mode: 0o644 } },
        texts: { "/etc/containers/policy.json": '{"default":[{"type":"signedBy"}]}' },
        missing: ["gpg"],
      },
      level: "warning",
      found: /wants signatures, and gpg is not found/,
      fix: /install.* gpg/,
    },
    {
      id: "seccomp",
      title: "a kernel without seccomp",
      changes: { texts: { "/proc/self/status": "Name:\tx\n" } },
      level: "warning",
      found: /without seccomp/,
      fix: /kernel/,
    },
    {
      id: "util-linux",
      title: "no nsenter",
      changes: { missing: ["nsenter"] },
      level: "failure",
      found: /nsenter not found/,
      fix: /util-linux/,
    },
  ];
  for (const { id, title, changes, level, found, fix } of cases) {
    it(`${id} sees ${title}`, async () => {
      const report = await reportOf(id, changes);
      assert.equal(report.level, level);
      assert.match(report.found, found);
      assert.match(report.fix ?? "", fix);
      assert.notEqual(report.lost ?? "", "");
    });
  }

  it("sees a clock that stands before the program was made", async () => {
    const host = {
      ...hostWith({ now: new Date("1970-01-01T00:00:00Z") }),
      stat: () => ({ uid: 0, mode: 0, mtime: new Date(1e12) }),
    };
    const [report] = await runChecks(
      host,
      checks.filter(({ id }) => id === "clock"),
    );
    assert.equal(report?.level, "warning");
  });

  it("asks less of root", async () => {
    const changes = {
      uid: 0,
      userName: "root",
      texts: { "/etc/subuid": "", "/proc/sys/user/max_user_namespaces": "0" },
    };
    for (const id of ["sub-ids", "max-user-namespaces", "user-namespace", "linger"])
      assert.equal((await reportOf(id, changes)).level, "ok", id);
  });

  it("tells by its exit status how bad it is", () => {
    const report = (level: Level): Report => ({ id: "x", title: "x", level, found: "y" });
    assert.equal(statusOf([report("ok"), report("note")]), 0);
    assert.equal(statusOf([report("ok"), report("warning")]), 1);
    assert.equal(statusOf([report("failure"), report("warning")]), 2);
  });

  it("prints a line for each check, and what to do, the worst first", async () => {
    const reports = await runChecks(hostWith({ missing: ["pasta", "conmon"] }));
    const text = renderReports(reports);
    assert.match(text, /^ok {7}node +v24\.21\.0$/m);
    assert.match(text, /^FAILURE {2}conmon +not found$/m);
    assert.equal(
      text.indexOf("\nFAILURE conmon: conmon\n  lost: no container can run\n  fix:  sudo apt-get") > 0,
      true,
    );
    assert.equal(text.indexOf("\nwarning pasta") > text.indexOf("\nFAILURE conmon:"), true);
  });
});

describe("managerOf", () => {
  const cases = [
    { osRelease: DEBIAN, manager: "apt" },
    { osRelease: "ID=linuxmint\nID_LIKE=ubuntu\n", manager: "apt" },
    { osRelease: 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', manager: "dnf" },
    { osRelease: "ID=alpine\n", manager: "apk" },
    { osRelease: "ID=arch\n", manager: "pacman" },
    { osRelease: "ID=plan9\n", manager: undefined },
    { osRelease: "", manager: undefined },
  ] as const;
  for (const { osRelease, manager } of cases) {
    it(`is ${manager ?? "unknown"} for ${JSON.stringify(osRelease)}`, () => {
      assert.equal(managerOf(osRelease), manager);
    });
  }

  it("leads to the distribution's own line", () => {
    const fix = { install: { apt: "uidmap", dnf: "shadow-utils", apk: "shadow-subids", pacman: "shadow" } };
    assert.equal(fixText(fix, "dnf", 1000), "sudo dnf install -y shadow-utils");
    assert.equal(fixText(fix, "apk", 0), "apk add shadow-subids");
    assert.match(fixText(fix, undefined, 1000), /^install the package uidmap or shadow-utils/);
  });
});
