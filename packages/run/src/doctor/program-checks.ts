import { ok, type Check, type Finding, type PackageName } from "./finding.ts";
import type { HostView } from "./host-view.ts";
import { numbersOf } from "./kernel-checks.ts";

/** conmon since then tells why a runtime failed, and closes what it should. */
const CONMON_VERSION = [2, 0, 26] as const;

/** Programs of the distribution that wherry works with. */
export const programChecks: readonly Check[] = [
  { id: "util-linux", title: "nsenter, unshare, flock", look: utilLinux },
  { id: "runtime", title: "OCI runtime", look: runtime },
  { id: "conmon", title: "conmon", look: conmon },
  { id: "pasta", title: "pasta", look: pasta },
  { id: "tun-device", title: "/dev/net/tun", look: tunDevice },
  { id: "catatonit", title: "catatonit", look: catatonit },
];

function utilLinux({ find }: HostView): Finding {
  const missing = ["nsenter", "unshare", "flock", "mount"].filter((program) => find(program) === undefined);
  if (missing.length === 0) return ok("found");
  return failure(`${missing.join(", ")} not found`, same("util-linux"));
}

async function runtime(host: HostView): Promise<Finding> {
  const installed = ["crun", "runc"].filter((program) => host.find(program) !== undefined);
  if (installed.length === 0) return failure("neither crun nor runc found", same("crun"));
  const result = await host.tryRuntime();
  if ("problem" in result)
    return {
      level: "failure",
      found: `${installed.join(" and ")} found, none works: ${result.problem}`,
      lost: "no container can run",
      fix: { advice: result.hint ?? "install the other one of crun and runc" },
    };
  const version = (await host.outputOf(result.program, "--version"))?.split("\n")[0] ?? result.name;
  return ok(`${version}${result.cgroup ? "" : ", without cgroups"}`);
}

async function conmon(host: HostView): Promise<Finding> {
  if (host.find("conmon") === undefined) return failure("not found", same("conmon"));
  const text = (await host.outputOf("conmon", "--version"))?.split("\n")[0] ?? "";
  const version = numbersOf(text);
  const old = CONMON_VERSION.findIndex((number, index) => (version[index] ?? 0) !== number);
  if (old === -1 || (version[old] ?? 0) > (CONMON_VERSION[old] ?? 0)) return ok(text);
  return {
    level: "warning",
    found: `${text}; ${CONMON_VERSION.join(".")} or later is known to work`,
    lost: "reasons of failures, perhaps output of containers",
    fix: { install: same("conmon") },
  };
}

function pasta({ find }: HostView): Finding {
  const program = find("pasta");
  if (program !== undefined) return ok(program);
  return {
    level: "warning",
    found: "not found",
    lost: "containers have no network of their own; --network none and host work",
    fix: { install: same("passt") },
  };
}

function tunDevice({ stat, isWritable, uid }: HostView): Finding {
  const device = "/dev/net/tun";
  if (isWritable(device)) return ok("open");
  const missing = stat(device) === undefined;
  return {
    level: uid === 0 ? "note" : "warning",
    found: missing ? "missing" : "closed to this user",
    lost: "containers have no network of their own; --network none and host work",
    fix: { asRoot: missing ? "modprobe tun" : `chmod 0666 ${device}` },
  };
}

function catatonit({ find }: HostView): Finding {
  const program = ["catatonit", "/usr/libexec/podman/catatonit", "/usr/lib/podman/catatonit"].find(
    (name) => find(name) !== undefined,
  );
  if (program !== undefined) return ok(find(program) ?? program);
  return { level: "note", found: "not found", lost: "run --init", fix: { install: same("catatonit") } };
}

function failure(found: string, install: PackageName): Finding {
  return { level: "failure", found, lost: "no container can run", fix: { install } };
}

/** A package that has one name everywhere. */
function same(name: string): PackageName {
  return { apt: name, dnf: name, apk: name, pacman: name };
}
