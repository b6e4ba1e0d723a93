import { ok, type Check, type Finding } from "./finding.ts";
import type { HostView } from "./host-view.ts";

const LITTLE_SPACE = 2 * 1024 ** 3;
const NO_SPACE = 64 * 1024 ** 2;

/** statfs(2): file systems that cannot hold layers, since they know no subordinate ids, devices or attributes. */
const UNFIT: Readonly<Record<number, string>> = {
  0x6969: "NFS",
  0xff534d42: "CIFS",
  0xfe534d42: "SMB",
  0x4d44: "FAT",
  0x2011bab0: "exFAT",
  0xf15f: "eCryptfs",
  0x01021997: "9p",
};

/** Where images and containers are kept. */
export const storageChecks: readonly Check[] = [
  { id: "data-dir", title: "Folder of the store", look: dataDir },
  { id: "free-space", title: "Free space", look: freeSpace },
  { id: "overlay", title: "Overlay file system", look: overlay },
  { id: "mount-propagation", title: "Mount propagation", look: propagation },
];

function dataDir(host: HostView): Finding {
  const { dataDir: path } = host;
  const moving = { command: "export WHERRY_ROOT=/a/folder/on/a/local/disk" };
  const unfit = UNFIT[host.fileSystem(path).type];
  if (unfit !== undefined)
    return {
      level: "failure",
      found: `${path} is on ${unfit}`,
      lost: "images cannot be unpacked there",
      fix: moving,
    };
  const mount = mountOf(host, path);
  if (mount?.options.includes("ro") === true)
    return {
      level: "failure",
      found: `${path} is on a read-only file system`,
      lost: "nothing can be stored",
      fix: moving,
    };
  if (mount?.options.includes("noexec") === true)
    return {
      level: "failure",
      found: `${path} is on ${mount.place}, mounted noexec`,
      lost: "no program of an image can run",
      fix: { asRoot: `mount -o remount,exec ${mount.place}` },
    };
  if (!host.isWritable(nearestFolder(host, path)))
    return { level: "failure", found: `${path} is not writable`, lost: "nothing can be stored", fix: moving };
  if (mount?.options.includes("nosuid") === true)
    return {
      level: "note",
      found: `${path} is on ${mount.place}, mounted nosuid`,
      lost: "sudo and other setuid programs in containers",
      fix: { asRoot: `mount -o remount,suid ${mount.place}` },
    };
  return ok(path);
}

function nearestFolder({ stat }: HostView, path: string): string {
  let folder = path;
  while (folder !== "/" && stat(folder) === undefined)
    folder = folder.slice(0, folder.lastIndexOf("/")) || "/";
  return folder;
}

function freeSpace({ fileSystem, dataDir: path }: HostView): Finding {
  const { freeBytes } = fileSystem(path);
  const found = `${(freeBytes / 1e9).toFixed(1)} GB free for ${path}`;
  if (freeBytes >= LITTLE_SPACE) return ok(found);
  return {
    level: freeBytes < NO_SPACE ? "failure" : "warning",
    found,
    lost: "room for images",
    fix: { command: "wherry rmi IMAGE…, for images you no longer need" },
  };
}

async function overlay(host: HostView): Promise<Finding> {
  const failure = await host.tryOverlay();
  if (failure === undefined) return ok("native");
  return {
    level: "failure",
    found: `the kernel refuses it: ${failure.problem}`,
    lost: "no container can run",
    fix: {
      advice: failure.hint ?? "keep the store on ext4, xfs or btrfs (WHERRY_ROOT), with Linux 5.11 or later",
    },
  };
}

function propagation(host: HostView): Finding {
  const root = mountLines(host).find(({ place }) => place === "/");
  if (root === undefined || root.fields.some((field) => field.startsWith("shared:"))) return ok("shared");
  return {
    level: "note",
    found: "/ is a private mount",
    lost: "what is mounted later on the host does not appear in volumes mounted with :rshared or :rslave",
    fix: { asRoot: "mount --make-rshared /" },
  };
}

interface MountLine {
  readonly place: string;
  readonly options: readonly string[];
  /** The optional fields of proc_pid_mountinfo(5). */
  readonly fields: readonly string[];
}

function mountOf(host: HostView, path: string): MountLine | undefined {
  const holds = ({ place }: MountLine): boolean =>
    path === place || path.startsWith(place === "/" ? "/" : `${place}/`);
  return mountLines(host)
    .filter(holds)
    .reduce<MountLine | undefined>(
      (best, line) => (line.place.length >= (best?.place.length ?? 0) ? line : best),
      undefined,
    );
}

function mountLines({ readText }: HostView): MountLine[] {
  return (readText("/proc/self/mountinfo") ?? "").split("\n").flatMap((line) => {
    const [, , , , place, options, ...rest] = line.split(" ");
    if (place === undefined || options === undefined) return [];
    return [{ place, options: options.split(","), fields: rest.slice(0, rest.indexOf("-")) }];
  });
}
