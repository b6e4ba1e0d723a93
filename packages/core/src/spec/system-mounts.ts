import type { SpecInput } from "./spec-input.ts";
import type { RuntimeMount } from "./runtime-spec.ts";
import { systemdMounts } from "./systemd.ts";

/** Bytes of /dev/shm unless told otherwise: podman's 62500 KiB. */
export const DEFAULT_SHM_SIZE = 65_536_000;

/** Where --init's program is seen in the container. */
export const INIT_PATH = "/run/podman-init";

/** Folders that stay writable (and empty at each start) in a container whose root file system is read-only. */
const WRITABLE_FOLDERS = ["/run", "/tmp", "/var/tmp"];

/** The mounts every container has: kernel file systems, /dev, the files made for it (runtime-spec config-linux.md "Default Filesystems"). */
export function systemMounts(input: SpecInput): RuntimeMount[] {
  return [
    procMount(input),
    mount("/dev", "tmpfs", "tmpfs", "nosuid,strictatime,mode=755,size=65536k"),
    mount("/dev/pts", "devpts", "devpts", terminalOptions(input)),
    ...sysMounts(input),
    ...ipcMounts(input),
    ...fileMounts(input),
    ...writableMounts(input),
  ];
}

/** The host's pid namespace is not owned by our user namespace, which may then not mount proc. */
function procMount({ namespaces, rootless, procOptions = [] }: SpecInput): RuntimeMount {
  return namespaces.pid === "host" && rootless
    ? mount("/proc", "bind", "/proc", "rbind,rprivate,nosuid,noexec,nodev")
    : mount("/proc", "proc", "proc", ["nosuid,noexec,nodev", ...procOptions].join(","));
}

/** Terminals belong to group tty, when that group exists in the user namespace. */
function terminalOptions({ ttyGroupMapped = true }: SpecInput): string {
  return `nosuid,noexec,newinstance,ptmxmode=0666,mode=0620${ttyGroupMapped ? ",gid=5" : ""}`;
}

/** A user namespace may mount sysfs only over a network namespace of its own; with another it sees the host's by a bind. */
function sysMounts({
  namespaces,
  rootless,
  privileged,
  cgroup,
  userMaps,
  systemd,
  ownNetwork = true,
}: SpecInput): RuntimeMount[] {
  const access = privileged === true ? "rw" : "ro";
  const owned = (namespaces.network === "private" && ownNetwork) || (!rootless && userMaps === undefined);
  const sys = owned
    ? mount("/sys", "sysfs", "sysfs", `nosuid,noexec,nodev,${access}`)
    : mount("/sys", "bind", "/sys", `rbind,rprivate,nosuid,noexec,nodev,${access}`);
  if (cgroup === undefined) return [sys];
  return [
    sys,
    mount(
      "/sys/fs/cgroup",
      "cgroup",
      "cgroup",
      `rprivate,nosuid,noexec,nodev,relatime,${systemd === true ? "rw" : access}`,
    ),
  ];
}

/**
 * Shared memory and POSIX message queues belong to the ipc namespace. The host's queues cannot be mounted. The shared memory
 * of another container is a mount in a mount namespace of its own: who joins its ipc namespace has only the rest.
 */
function ipcMounts({
  namespaces,
  shmSize = DEFAULT_SHM_SIZE,
  sharedMemory = true,
}: SpecInput): RuntimeMount[] {
  const queues = mount("/dev/mqueue", "mqueue", "mqueue", "nosuid,noexec,nodev");
  if (namespaces.ipc === "host") return [mount("/dev/shm", "bind", "/dev/shm", "rbind,nosuid,noexec,nodev")];
  if (!sharedMemory) return [queues];
  const size = shmSize === 0 ? "" : `,size=${shmSize}`; // 0 leaves the limit to the kernel
  return [queues, mount("/dev/shm", "tmpfs", "shm", `nosuid,noexec,nodev,mode=1777${size}`)];
}

function fileMounts({ files = {}, initProgram, readOnlyRootfs }: SpecInput): RuntimeMount[] {
  const own = [
    ["/etc/hosts", files.hosts],
    ["/etc/resolv.conf", files.resolvConf],
    ["/etc/hostname", files.hostname],
    ["/run/.containerenv", files.containerEnv],
    ["/etc/localtime", files.localtime],
  ] as const;
  const options = `bind,rprivate${readOnlyRootfs === true ? ",ro" : ""}`;
  const mounts = own.flatMap(([to, from]) => (from === undefined ? [] : [mount(to, "bind", from, options)]));
  return initProgram === undefined
    ? mounts
    : [...mounts, mount(INIT_PATH, "bind", initProgram, "bind,rprivate,ro")];
}

function writableMounts({ readOnlyRootfs, writableFolders = true, systemd }: SpecInput): RuntimeMount[] {
  if (systemd === true) return systemdMounts();
  if (readOnlyRootfs !== true || !writableFolders) return [];
  return WRITABLE_FOLDERS.map((path) => mount(path, "tmpfs", "tmpfs", "rw,rprivate,nosuid,nodev,tmpcopyup"));
}

function mount(destination: string, type: string, source: string, options: string): RuntimeMount {
  return { destination, type, source, options: options.split(",") };
}
