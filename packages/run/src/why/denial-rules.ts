import type { Evidence } from "./evidence.ts";
import type { Rule } from "./finding.ts";

/** What programs say when they lack a capability. */
const SIGNS: readonly { readonly pattern: RegExp; readonly capability: string; readonly what: string }[] = [
  {
    pattern: /(?:raw|icmp|ping).*(?:not permitted|permission denied)|socket: operation not permitted/i,
    capability: "CAP_NET_RAW",
    what: "open a raw socket",
  },
  {
    pattern: /(?:bind|listen|socket address).*\b(?:permission denied|EACCES)|\bEACCES\b.*:(?:\d{1,3})\b/i,
    capability: "CAP_NET_BIND_SERVICE",
    what: "listen on a port below 1024",
  },
  {
    pattern: /(?:chown|change owner|changing ownership).*not permitted/i,
    capability: "CAP_CHOWN",
    what: "give a file to another user",
  },
  {
    pattern: /(?:setuid|setresuid|seteuid|switch user|su: ).*(?:not permitted|cannot)/i,
    capability: "CAP_SETUID",
    what: "become another user",
  },
  {
    pattern: /(?:setgid|setgroups|setresgid|initgroups).*not permitted/i,
    capability: "CAP_SETGID",
    what: "become another group",
  },
  {
    pattern: /(?:iptables|nft|RTNETLINK|ip: |ifconfig|tun).*(?:permission denied|not permitted)/i,
    capability: "CAP_NET_ADMIN",
    what: "change the network",
  },
  {
    pattern: /mknod.*not permitted/i,
    capability: "CAP_MKNOD",
    what: "make a device file",
  },
  {
    pattern: /(?:mount|umount|pivot_root|unshare|clone|sethostname).*(?:not permitted|permission denied)/i,
    capability: "CAP_SYS_ADMIN",
    what: "mount or make namespaces",
  },
  {
    pattern: /(?:ptrace|attach).*not permitted/i,
    capability: "CAP_SYS_PTRACE",
    what: "look into another process",
  },
  {
    pattern: /(?:settimeofday|clock_settime|set date).*not permitted/i,
    capability: "CAP_SYS_TIME",
    what: "set the clock",
  },
  {
    pattern: /(?:setpriority|nice|sched_set\w+).*(?:not permitted|permission denied)/i,
    capability: "CAP_SYS_NICE",
    what: "raise a priority",
  },
  {
    pattern: /(?:chroot).*not permitted/i,
    capability: "CAP_SYS_CHROOT",
    what: "change its root",
  },
];

/** Operations that the kernel refused. */
export const denialRules: readonly Rule[] = [
  {
    cause: "denied-capability",
    look: (evidence) => {
      const found = sign(evidence);
      if (found === undefined || evidence.capabilities.includes(found.capability)) return undefined;
      const name = found.capability.replace("CAP_", "").toLowerCase();
      return {
        says: `the program wanted to ${found.what}, for which it lacks ${found.capability}`,
        seen: [found.line],
        fixes: [
          `--cap-add ${name}`,
          ...(evidence.user.inside === 0 ? [] : ["or --user 0: other users have no capabilities"]),
        ],
      };
    },
  },
  {
    cause: "denied-syscall",
    look: (evidence) => {
      const found = sign(evidence);
      if (found === undefined || !evidence.capabilities.includes(found.capability)) return undefined;
      return {
        says: `the program wanted to ${found.what}; it has ${found.capability}, but the kernel refused: by the seccomp profile, or because a user namespace does not reach that far`,
        seen: [found.line],
        fixes: [
          "try --security-opt seccomp=unconfined; what concerns the host itself needs root of the host",
        ],
      };
    },
  },
];

function sign({ output, startFailure, exitCode, status }: Evidence) {
  if (status === "exited" && exitCode === 0) return undefined;
  const lines = [...output.toReversed(), ...(startFailure === undefined ? [] : [startFailure.message])];
  for (const line of lines) {
    const found = SIGNS.find(({ pattern }) => pattern.test(line));
    if (found !== undefined) return { ...found, line };
  }
  return undefined;
}
