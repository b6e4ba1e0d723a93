const DECIMAL = ["B", "kB", "MB", "GB", "TB", "PB", "EB"] as const;
const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] as const;

/**
 * A size in bytes as podman prints it, decimal units, `1.34 MB`; docker's has no blank: pass "".
 *
 * @param digits how many it has at most; four where what something uses is told
 */
export function formatSize(size: number, blank = " ", digits = 3): string {
  return scaled(size, 1000, DECIMAL, digits, blank);
}

/** A size in bytes in binary units, as memory is printed: `1.5GiB`, four digits. */
export function formatBinarySize(size: number): string {
  return scaled(size, 1024, BINARY, 4, "");
}

function scaled(size: number, base: number, units: readonly string[], digits: number, blank: string): string {
  let value = size;
  let unit = 0;
  // rounded first, so that 999,950 bytes are 1 MB and not "1e+03 kB"
  while (Number(value.toPrecision(digits)) >= base && unit < units.length - 1) {
    value /= base;
    unit++;
  }
  return `${Number(value.toPrecision(digits))}${blank}${units[unit] ?? ""}`;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A span in milliseconds in words, as docker and podman: `About a minute`, `3 hours`, `2 weeks`. */
export function formatSpan(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / SECOND);
  const minutes = Math.trunc(milliseconds / MINUTE);
  const hours = Math.round(milliseconds / HOUR);
  if (seconds < 1) return "Less than a second";
  if (seconds === 1) return "1 second";
  if (seconds < 60) return `${seconds} seconds`;
  if (minutes === 1) return "About a minute";
  if (minutes < 60) return `${minutes} minutes`;
  if (hours === 1) return "About an hour";
  if (hours < 48) return `${hours} hours`;
  if (hours < 24 * 7 * 2) return `${Math.trunc(hours / 24)} days`;
  if (hours < 24 * 30 * 2) return `${Math.trunc(hours / 24 / 7)} weeks`;
  if (hours < 24 * 365 * 2) return `${Math.trunc(hours / 24 / 30)} months`;
  return `${Math.trunc(hours / 24 / 365)} years`;
}

/** How long ago a point in time was: `2 hours ago`. */
export function formatAge(then: Date | string, now: Date): string {
  return `${formatSpan(now.getTime() - new Date(then).getTime())} ago`;
}
