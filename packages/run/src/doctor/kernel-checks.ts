import { ok, type Check, type Finding, type Fix } from "./finding.ts";
import type { HostView } from "./host-view.ts";

/** Overlay mounts in user namespaces with user.* attributes. */
const OVERLAY_KERNEL = [5, 11] as const;

/** Node and what the kernel allows to ordinary users. */
export const kernelChecks: readonly Check[] = [
  { id: "node", title: "Node version", look: node },
  { id: "kernel", title: "Linux version", look: kernel },
  { id: "max-user-namespaces", title: "Limit of user namespaces", look: maxUserNamespaces },
  { id: "unprivileged-userns-clone", title: "User namespaces switched on", look: usernsClone },
  { id: "apparmor-userns", title: "User namespaces and AppArmor", look: apparmor },
  { id: "user-namespace", title: "User namespace", look: userNamespace },
  { id: "clock", title: "Clock", look: clock },
];

function node({ nodeVersion }: HostView): Finding {
  const [major = 0, minor = 0] = numbersOf(nodeVersion);
  if (major === 24 && minor >= 15) return ok(nodeVersion);
  return {
    level: major < 24 ? "failure" : "note",
    found: `${nodeVersion}; made for 24.15 and later of 24`,
    lost: "wherry is not tested with it",
    fix: { advice: "reinstall wherry: it brings its own Node" },
  };
}

function kernel({ readText }: HostView): Finding {
  const release = readText("/proc/sys/kernel/osrelease")?.trim() ?? "unknown";
  const [major = 0, minor = 0] = numbersOf(release);
  const [needMajor, needMinor] = OVERLAY_KERNEL;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return ok(release);
  return {
    level: "warning",
    found: release,
    lost: "overlay file systems without root need Linux 5.11",
    fix: { advice: "update the kernel, or install fuse-overlayfs" },
  };
}

function maxUserNamespaces({ readText, uid }: HostView): Finding {
  const limit = readText("/proc/sys/user/max_user_namespaces")?.trim();
  if (limit === undefined) return unavailable("the kernel has no user namespaces", uid);
  return limit === "0"
    ? { ...unavailable("user.max_user_namespaces is 0", uid), ...sysctl("user.max_user_namespaces", "28633") }
    : ok(limit);
}

function usernsClone({ readText, uid }: HostView): Finding {
  const name = "kernel.unprivileged_userns_clone";
  const value = readText("/proc/sys/kernel/unprivileged_userns_clone")?.trim();
  return value === "0" ? { ...unavailable(`${name} is 0`, uid), ...sysctl(name, "1") } : ok("yes");
}

function apparmor({ readText, uid }: HostView): Finding {
  const name = "kernel.apparmor_restrict_unprivileged_userns";
  const value = readText("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")?.trim();
  return value === "1" ? { ...unavailable(`${name} is 1`, uid), ...sysctl(name, "0") } : ok("not restricted");
}

async function userNamespace(host: HostView): Promise<Finding> {
  if (host.uid === 0) return ok("root needs none");
  const failure = await host.tryUserNamespace();
  if (failure === undefined) return ok("made");
  const advice = failure.hint ?? "the checks above tell what to change";
  return { ...unavailable(failure.problem, host.uid), fix: { advice } };
}

/** Certificates are not valid before they were made: a clock that stands at 1970 lets every TLS connection fail. */
function clock({ now, stat }: HostView): Finding {
  const installed = stat(process.execPath)?.mtime;
  if (installed === undefined || now >= installed) return ok(now.toISOString());
  return {
    level: "warning",
    found: `${now.toISOString()}, before this program was made`,
    lost: "TLS connections to registries fail",
    fix: { asRoot: "timedatectl set-ntp true" },
  };
}

function unavailable(found: string, uid: number): Finding {
  return uid === 0
    ? ok(`${found}; root needs none`)
    : { level: "failure", found, lost: "no container can run" };
}

function sysctl(name: string, value: string): { fix: Fix } {
  return { fix: { asRoot: `sh -c 'echo ${name}=${value} > /etc/sysctl.d/90-wherry.conf; sysctl --system'` } };
}

/** The numbers a version starts with: v24.1.0 → [24, 1, 0]. */
export function numbersOf(version: string): number[] {
  return (/[0-9]+(?:\.[0-9]+)*/.exec(version)?.[0] ?? "").split(".").map(Number);
}
