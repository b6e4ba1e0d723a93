import { ok, type Check, type Finding } from "./finding.ts";
import { afterLogout, lingerCommand } from "../session/logout.ts";
import type { HostView } from "./host-view.ts";

const CGROUP2_SUPER_MAGIC = 0x63677270;
const WANTED_CONTROLLERS = ["memory", "pids", "cpu"];
const DELEGATE =
  "sh -c 'mkdir -p /etc/systemd/system/user@.service.d && printf \"[Service]\\nDelegate=cpu cpuset io memory pids\\n\" > /etc/systemd/system/user@.service.d/delegate.conf && systemctl daemon-reload'";

/** What the login session gives. */
export const sessionChecks: readonly Check[] = [
  { id: "cgroups", title: "Control groups", look: cgroups },
  { id: "runtime-dir", title: "Runtime folder", look: runtimeDir },
  { id: "linger", title: "Life after logout", look: linger },
  { id: "low-ports", title: "Ports below 1024", look: lowPorts },
];

function cgroups(host: HostView): Finding {
  const lost = "limits such as --memory, --cpus and --pids-limit";
  if (host.fileSystem("/sys/fs/cgroup").type !== CGROUP2_SUPER_MAGIC)
    return {
      level: host.uid === 0 ? "note" : "warning",
      found: "version 1 or mixed",
      lost,
      fix: {
        advice: "boot with systemd.unified_cgroup_hierarchy=1 (GRUB_CMDLINE_LINUX in /etc/default/grub)",
      },
    };
  const own = /^0::(.*)$/m.exec(host.readText("/proc/self/cgroup") ?? "")?.[1] ?? "/";
  const slice = delegatedFolder(host, own);
  if (slice === undefined)
    return {
      level: host.uid === 0 ? "ok" : "warning",
      found: "version 2, nothing delegated",
      lost,
      fix: { asRoot: DELEGATE },
    };
  const controllers = (host.readText(`${slice}/cgroup.controllers`) ?? "").trim().split(/\s+/);
  const missing = WANTED_CONTROLLERS.filter((name) => !controllers.includes(name));
  if (missing.length === 0) return ok(`version 2, delegated: ${controllers.join(" ")}`);
  return {
    level: "warning",
    found: `version 2, without ${missing.join(", ")}`,
    lost,
    fix: { asRoot: DELEGATE },
  };
}

/** The highest folder of our own cgroup's line that this user may write to. */
function delegatedFolder({ isWritable }: HostView, own: string): string | undefined {
  const parts = own.split("/").filter((part) => part !== "");
  const folders = parts.map((_, index) => `/sys/fs/cgroup/${parts.slice(0, index + 1).join("/")}`);
  return folders.find((folder) => isWritable(`${folder}/cgroup.procs`));
}

function runtimeDir(host: HostView): Finding {
  const { env, uid, runtimeDir: used } = host;
  const path = env["XDG_RUNTIME_DIR"];
  const stat = path === undefined || path === "" ? undefined : host.stat(path);
  if (stat?.uid === uid && (stat.mode & 0o077) === 0) return ok(path ?? "");
  const problem =
    path === undefined || path === ""
      ? "XDG_RUNTIME_DIR is not set"
      : stat === undefined
        ? `XDG_RUNTIME_DIR is ${path}, which is missing`
        : stat.uid === uid
          ? `${path} is open to others`
          : `${path} belongs to user ${stat.uid}`;
  if (uid === 0 && used.startsWith("/run/")) return ok(used);
  return {
    level: "note",
    found: `${problem}; ${used} is used`,
    lost: "other tools may look for their files elsewhere",
    fix: {
      advice:
        "log in directly (not by su), or `machinectl shell USER@`; on systemd hosts pam_systemd sets it",
    },
  };
}

function linger({ stat, userName, uid }: HostView): Finding {
  switch (afterLogout({ uid, userName, exists: (path) => stat(path) !== undefined })) {
    case "root":
      return ok("root's processes stay");
    case "no systemd":
      return ok("no systemd, processes stay");
    case "lingers":
      return ok("lingering");
    case "ends":
      return {
        level: "warning",
        found: `user ${userName} does not linger`,
        lost: "detached containers end at your last logout",
        fix: { command: lingerCommand(userName) },
      };
  }
}

function lowPorts({ readText, uid }: HostView): Finding {
  const first = Number(readText("/proc/sys/net/ipv4/ip_unprivileged_port_start") ?? "1024");
  if (uid === 0 || first <= 80) return ok(`from ${first}`);
  return {
    level: "note",
    found: `closed: from ${first}`,
    lost: "publishing ports such as 80 and 443",
    fix: { asRoot: "sysctl -w net.ipv4.ip_unprivileged_port_start=80" },
  };
}
