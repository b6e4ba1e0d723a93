import assert from "node:assert/strict";
import { createRuntimeSpec, defaultSeccompProfile, type RuntimeSpec, type SpecInput } from "./index.ts";

const ROOT = { uid: 0, gid: 0, additionalGids: [], home: "/root" };
const BOB = { uid: 1000, gid: 1000, additionalGids: [10], home: "/home/bob" };

function specOf(changes: Partial<SpecInput> = {}): RuntimeSpec {
  return createRuntimeSpec({
    rootfs: "/rootfs",
    args: ["true"],
    env: [],
    user: ROOT,
    terminal: false,
    hostname: "box",
    namespaces: { network: "private" },
    seccomp: undefined,
    arch: "x64",
    rootless: true,
    ...changes,
  });
}

const mountAt = (spec: RuntimeSpec, path: string) =>
  spec.mounts.find(({ destination }) => destination === path);
const namespaceTypes = (spec: RuntimeSpec) => spec.linux.namespaces.map(({ type }) => type);

describe("createRuntimeSpec", () => {
  it("makes every namespace but user and, without a cgroup, cgroup", () => {
    assert.deepEqual(namespaceTypes(specOf()), ["pid", "network", "ipc", "uts", "mount"]);
    assert.equal(namespaceTypes(specOf({ cgroup: { path: "/x" } })).includes("cgroup"), true);
  });

  it("joins a namespace by its path, and leaves out the host's", () => {
    const spec = specOf({ namespaces: { network: { path: "/ns" }, uts: "host", ipc: "host", pid: "host" } });
    assert.deepEqual(spec.linux.namespaces, [{ type: "network", path: "/ns" }, { type: "mount" }]);
    assert.equal(spec.hostname, undefined);
  });

  it("sets what programs expect in the environment, and lets the image and the user win", () => {
    const { env } = specOf({ env: ["PATH=/bin", "HOME=/x", "A=1", "A=2=3", "novalue"] }).process;
    assert.deepEqual(env, ["PATH=/bin", "TERM=xterm", "container=oci", "HOSTNAME=box", "HOME=/x", "A=2=3"]);
  });

  it("takes HOME from the user", () => {
    assert.equal(specOf({ user: BOB }).process.env.includes("HOME=/home/bob"), true);
  });

  it("keeps the kernel's file systems out of reach", () => {
    const { linux, root } = specOf();
    assert.equal(linux.maskedPaths.includes("/proc/kcore"), true);
    assert.equal(linux.readonlyPaths.includes("/proc/sys"), true);
    assert.equal(root.readonly, false);
    assert.equal(mountAt(specOf(), "/sys")?.options.includes("ro"), true);
  });

  it("binds /sys where the network namespace is not the container's", () => {
    const sys = mountAt(specOf({ namespaces: { network: "host" } }), "/sys");
    assert.equal(sys?.type, "bind");
    assert.equal(sys.options.includes("rbind"), true);
    assert.equal(mountAt(specOf(), "/sys")?.type, "sysfs");
  });

  it("binds /proc with the host's processes", () => {
    assert.equal(mountAt(specOf({ namespaces: { network: "private", pid: "host" } }), "/proc")?.type, "bind");
  });

  it("gives terminals to group tty where it is mapped", () => {
    assert.equal(mountAt(specOf(), "/dev/pts")?.options.includes("gid=5"), true);
    assert.equal(mountAt(specOf({ ttyGroupMapped: false }), "/dev/pts")?.options.includes("gid=5"), false);
  });

  it("sizes /dev/shm", () => {
    assert.equal(mountAt(specOf({ shmSize: 4096 }), "/dev/shm")?.options.includes("size=4096"), true);
    assert.equal(mountAt(specOf(), "/dev/shm")?.options.includes("size=65536000"), true);
  });

  it("mounts cgroups only where the container has one", () => {
    assert.equal(mountAt(specOf(), "/sys/fs/cgroup"), undefined);
    const spec = specOf({ cgroup: { path: "user.slice:wherry:x", resources: { pids: { limit: 5 } } } });
    assert.equal(mountAt(spec, "/sys/fs/cgroup")?.type, "cgroup");
    assert.equal(spec.linux.cgroupsPath, "user.slice:wherry:x");
    assert.deepEqual(spec.linux.resources, { pids: { limit: 5 } });
  });

  it("mounts what the user asks for, parents first, instead of the system's own", () => {
    const spec = specOf({
      files: { hosts: "/store/hosts" },
      mounts: [
        { type: "bind", source: "/src", destination: "/a/b/c/", readOnly: true },
        { type: "tmpfs", destination: "/a", options: ["size=1m", "noexec"] },
        { type: "tmpfs", destination: "/b" },
        {
          type: "bind",
          source: "/my-hosts",
          destination: "/etc/hosts",
          recursive: false,
          propagation: "rslave",
        },
      ],
    });
    const places = spec.mounts.map(({ destination }) => destination);
    assert.equal(places.indexOf("/a") < places.indexOf("/a/b/c"), true);
    assert.deepEqual(mountAt(spec, "/a/b/c")?.options, ["rbind", "rprivate", "ro"]);
    assert.deepEqual(mountAt(spec, "/etc/hosts"), {
      destination: "/etc/hosts",
      type: "bind",
      source: "/my-hosts",
      options: ["bind", "rslave", "rw"],
    });
    assert.deepEqual(mountAt(spec, "/a")?.options, [
      "size=1m",
      "noexec",
      "rw",
      "nosuid",
      "nodev",
      "tmpcopyup",
      "rprivate",
    ]);
    assert.deepEqual(mountAt(spec, "/b")?.options, ["rw", "nosuid", "nodev", "tmpcopyup", "rprivate"]);
    assert.equal(places.filter((place) => place === "/etc/hosts").length, 1);
  });

  it("refuses two mounts at one place", () => {
    const mounts = [
      { type: "tmpfs", destination: "/a" },
      { type: "tmpfs", destination: "/a/" },
    ] as const;
    assert.throws(() => specOf({ mounts }), { code: "ERR_WHERRY_DUPLICATE_MOUNT" });
  });

  it("keeps temporary folders writable in a read-only container", () => {
    const spec = specOf({ readOnlyRootfs: true });
    assert.equal(spec.root.readonly, true);
    for (const path of ["/run", "/tmp", "/var/tmp"]) assert.equal(mountAt(spec, path)?.type, "tmpfs");
    assert.equal(mountAt(specOf({ readOnlyRootfs: true, writableFolders: false }), "/tmp"), undefined);
  });

  it("puts --init's program first", () => {
    const spec = specOf({ initProgram: "/usr/bin/catatonit", args: ["sleep", "1"] });
    assert.deepEqual(spec.process.args, ["/run/podman-init", "--", "sleep", "1"]);
    assert.equal(mountAt(spec, "/run/podman-init")?.source, "/usr/bin/catatonit");
  });

  it("binds devices in a user namespace, and makes them as root", () => {
    const node = { type: "c", major: 10, minor: 229 } as const;
    const devices = [{ source: "/dev/fuse", node, access: "r" }];
    assert.equal(mountAt(specOf({ devices }), "/dev/fuse")?.options.includes("ro"), true);
    assert.equal(specOf({ devices }).linux.devices, undefined);
    assert.deepEqual(specOf({ devices, rootless: false }).linux.devices, [{ ...node, path: "/dev/fuse" }]);
  });

  it("lets root of a private network ping, unless the user says otherwise", () => {
    assert.deepEqual(specOf().linux.sysctl, { "net.ipv4.ping_group_range": "0 0" });
    assert.deepEqual(specOf({ namespaces: { network: "host" } }).linux.sysctl, {});
    const sysctl = { "net.ipv4.ping_group_range": "0 9" };
    assert.deepEqual(specOf({ sysctl }).linux.sysctl, sysctl);
  });
});

describe("capabilities of a container", () => {
  const cases = [
    {
      title: "podman's set",
      changes: {},
      has: ["CAP_CHOWN", "CAP_SYS_CHROOT"],
      lacks: ["CAP_NET_RAW", "CAP_SYS_ADMIN"],
    },
    {
      title: "one more",
      changes: { addCapabilities: ["net_raw"] },
      has: ["CAP_NET_RAW", "CAP_CHOWN"],
      lacks: [],
    },
    {
      title: "one less",
      changes: { dropCapabilities: ["CAP_CHOWN"] },
      has: ["CAP_KILL"],
      lacks: ["CAP_CHOWN"],
    },
    {
      title: "none but one",
      changes: { dropCapabilities: ["all"], addCapabilities: ["KILL"] },
      has: ["CAP_KILL"],
      lacks: ["CAP_CHOWN"],
    },
    {
      title: "all but one",
      changes: { addCapabilities: ["ALL"], dropCapabilities: ["SYS_ADMIN"] },
      has: ["CAP_NET_RAW"],
      lacks: ["CAP_SYS_ADMIN"],
    },
    { title: "privileged", changes: { privileged: true }, has: ["CAP_SYS_ADMIN", "CAP_BPF"], lacks: [] },
  ] as const;
  for (const { title, changes, has, lacks } of cases) {
    it(`are ${title}`, () => {
      const { bounding, effective, ambient } = specOf(changes).process.capabilities;
      for (const name of has) assert.equal(bounding.includes(name), true, name);
      for (const name of lacks) assert.equal(bounding.includes(name), false, name);
      assert.deepEqual(effective, bounding);
      assert.deepEqual(ambient, []);
    });
  }

  it("are only those added by hand for an ordinary user", () => {
    const { bounding, effective, ambient } = specOf({ user: BOB, addCapabilities: ["NET_RAW"] }).process
      .capabilities;
    assert.deepEqual(effective, ["CAP_NET_RAW"]);
    assert.deepEqual(ambient, ["CAP_NET_RAW"]);
    assert.equal(bounding.includes("CAP_CHOWN"), true);
  });

  it("must be known", () => {
    assert.throws(() => specOf({ addCapabilities: ["NET_ROW"] }), { code: "ERR_WHERRY_UNKNOWN_CAPABILITY" });
  });
});

describe("seccomp of a container", () => {
  it("is left out where unconfined", () => {
    assert.equal(specOf().linux.seccomp, undefined);
  });

  it("follows the capabilities", () => {
    const allows = (changes: Partial<SpecInput>, name: string): boolean =>
      specOf({ seccomp: defaultSeccompProfile(), ...changes }).linux.seccomp?.syscalls.some(
        ({ names, action }) => action === "SCMP_ACT_ALLOW" && names.includes(name),
      ) ?? false;
    assert.equal(allows({}, "bpf"), false);
    assert.equal(allows({ addCapabilities: ["SYS_ADMIN"] }, "bpf"), true);
    assert.equal(allows({}, "chroot"), true);
    assert.equal(allows({ dropCapabilities: ["SYS_CHROOT"] }, "chroot"), false);
    assert.equal(allows({}, "openat"), true);
    assert.equal(allows({}, "kexec_load"), false);
    assert.equal(allows({}, "arch_prctl"), true);
    assert.equal(allows({ arch: "arm64" }, "arch_prctl"), false);
  });
});
