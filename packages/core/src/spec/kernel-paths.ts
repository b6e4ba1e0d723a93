import type { Isolation } from "./isolation.ts";

/** Kernel files that tell too much of the host, hidden under an empty file or folder. podman's list. */
const MASKED_PATHS = [
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/sys/dev/block",
  "/sys/devices/virtual/powercap",
  "/sys/firmware",
  "/sys/fs/selinux",
];

/** Kernel files through which the host could be changed. podman's list. */
const READONLY_PATHS = [
  "/proc/asound",
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

/** What is hidden from a container and what is read-only to it: podman's lists, with `mask` and without `unmask`. */
export function kernelPaths(
  { mask = [], unmask = [] }: Pick<Isolation, "mask" | "unmask">,
  privileged: boolean,
): { readonly maskedPaths: readonly string[]; readonly readonlyPaths: readonly string[] } {
  const isShown = (path: string) =>
    unmask.some((pattern) => pattern === "ALL" || patternOf(pattern).test(path));
  const base = privileged ? { masked: [], readonly: [] } : { masked: MASKED_PATHS, readonly: READONLY_PATHS };
  return {
    maskedPaths: [...new Set([...base.masked.filter((path) => !isShown(path)), ...mask])],
    readonlyPaths: base.readonly.filter((path) => !isShown(path)),
  };
}

/** `*` and `?` stand for what is between slashes, as in a shell. */
function patternOf(text: string): RegExp {
  const source = text
    .replace(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", "[^/]*")
    .replaceAll("?", "[^/]");
  return new RegExp(`^${source}$`);
}
