import { ok, type Check, type Finding } from "./finding.ts";
import type { HostView } from "./host-view.ts";

/** The ecosystem's configuration files, and what replaces them. */
export const configurationChecks: readonly Check[] = [
  { id: "registries-conf", title: "registries.conf", look: registries },
  { id: "policy", title: "policy.json", look: policy },
  { id: "seccomp", title: "System call filter", look: seccomp },
];

async function registries(host: HostView): Promise<Finding> {
  const result = await host.tryRegistries();
  if ("problem" in result)
    return {
      level: "failure",
      found: result.problem,
      lost: "no image can be pulled",
      fix: { advice: result.hint ?? "correct the file" },
    };
  if (result.searched.length > 0) return ok(`short names are looked up at ${result.searched.join(", ")}`);
  return {
    level: "note",
    found: "no unqualified-search-registries",
    lost: "short names such as alpine; docker.io/library/alpine works",
    fix: {
      command: `mkdir -p ${host.configDir} && echo 'unqualified-search-registries = ["docker.io"]' >> ${host.configDir}/registries.conf`,
    },
  };
}

function policy(host: HostView): Finding {
  const path = [`${host.configDir}/policy.json`, "/etc/containers/policy.json"].find(
    (candidate) => host.stat(candidate) !== undefined,
  );
  if (path === undefined) return ok("none: every image is accepted");
  try {
    const text = host.readText(path) ?? "";
    const content: unknown = JSON.parse(text);
    if (typeof content !== "object" || content === null || !("default" in content))
      return brokenPolicy(`${path} has no default`);
    if (text.includes('"signedBy"') && host.find("gpg") === undefined) return noGnupg(path);
    return ok(path);
  } catch (error) {
    return brokenPolicy(`${path} is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
}

function brokenPolicy(found: string): Finding {
  return {
    level: "warning",
    found,
    lost: "podman, buildah and skopeo refuse every image",
    fix: { advice: 'write {"default": [{"type": "insecureAcceptAnything"}]} there, or your own rules' },
  };
}

function noGnupg(path: string): Finding {
  return {
    level: "warning",
    found: `${path} wants signatures, and gpg is not found`,
    lost: "images that have to be signed cannot be taken",
    fix: { install: { apt: "gpg", dnf: "gnupg2", apk: "gnupg", pacman: "gnupg" } },
  };
}

function seccomp({ readText, stat }: HostView): Finding {
  if (!/^Seccomp:/m.test(readText("/proc/self/status") ?? ""))
    return {
      level: "warning",
      found: "the kernel was built without seccomp",
      lost: "containers may make every system call",
      fix: { advice: "use a distribution's kernel" },
    };
  const path = ["/etc/containers/seccomp.json", "/usr/share/containers/seccomp.json"].find(
    (candidate) => stat(candidate) !== undefined,
  );
  return ok(path ?? "built-in profile");
}
