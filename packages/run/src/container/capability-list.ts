/** The kernel's capabilities by their bits (linux/capability.h). */
const NAMES = [
  "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE",
  "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN",
  "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE",
  "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE",
].flatMap((line) => line.split(" "));

/** A set of capabilities as proc(5) writes it, in words: none, full, or CHOWN,KILL. */
export function capabilityList(hex: string): string {
  const bits = /^[0-9a-f]+$/i.test(hex) ? BigInt(`0x${hex}`) : 0n;
  const names = NAMES.filter((_, index) => ((bits >> BigInt(index)) & 1n) === 1n);
  if (names.length === 0) return "none";
  return names.length === NAMES.length ? "full" : names.join(",");
}
