import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { errnoOf, FileSystemError } from "../error/index.ts";
import {
  defaultSeccompProfile,
  parseSeccompProfile,
  type Isolation,
  type RuntimeLimit,
  type SeccompProfile,
} from "../spec/index.ts";
import { AppArmorError, UnknownTimezoneError } from "./errors.ts";

const ZONES = "/usr/share/zoneinfo";
const APPARMOR_SWITCH = "/sys/module/apparmor/parameters/enabled";

/**
 * The profile for system calls: the one asked for, else the user's or the distribution's, else our own.
 *
 * @throws {InvalidSeccompProfileError | FileSystemError}
 */
export function seccompProfile(
  { seccomp }: Pick<Isolation, "seccomp">,
  privileged: boolean,
  etc: string,
): SeccompProfile | undefined {
  if (seccomp === "unconfined" || (privileged && seccomp === undefined)) return undefined;
  if (seccomp !== undefined) return parseSeccompProfile(readText(seccomp), seccomp);
  for (const path of [join(etc, "containers/seccomp.json"), "/usr/share/containers/seccomp.json"])
    if (existsSync(path)) return parseSeccompProfile(readText(path), path);
  return defaultSeccompProfile();
}

/**
 * The content of the zone's file.
 *
 * @throws {UnknownTimezoneError}
 */
export function readTimezone(name: string, etc: string): Buffer {
  const path = name === "local" ? join(etc, "localtime") : resolve(ZONES, name);
  const isInside = name === "local" || path.startsWith(`${ZONES}/`);
  try {
    const content = isInside ? readFileSync(path) : undefined;
    if (content?.subarray(0, 4).toString("latin1") === "TZif") return content;
  } catch (error) {
    if (!["ENOENT", "EISDIR", "ENOTDIR"].includes(errnoOf(error) ?? ""))
      throw new FileSystemError("read", path, error);
  }
  throw new UnknownTimezoneError(name);
}

/**
 * The AppArmor profile to hand to the runtime.
 *
 * @throws {AppArmorError} where none can be loaded
 */
export function appArmorProfile(
  { apparmor }: Pick<Isolation, "apparmor">,
  isRootless: boolean,
): string | undefined {
  if (apparmor === undefined || apparmor === "unconfined") return undefined;
  const isEnabled = existsSync(APPARMOR_SWITCH) && readText(APPARMOR_SWITCH).startsWith("Y");
  if (!isEnabled) throw new AppArmorError(apparmor, "AppArmor is disabled on this host");
  if (isRootless) throw new AppArmorError(apparmor, "only root may have one applied");
  return apparmor;
}

/** Names in /proc/PID/limits, in the runtime's spelling. */
const LIMITS: Readonly<Record<string, string>> = {
  "Max cpu time": "RLIMIT_CPU",
  "Max file size": "RLIMIT_FSIZE",
  "Max data size": "RLIMIT_DATA",
  "Max stack size": "RLIMIT_STACK",
  "Max core file size": "RLIMIT_CORE",
  "Max resident set": "RLIMIT_RSS",
  "Max processes": "RLIMIT_NPROC",
  "Max open files": "RLIMIT_NOFILE",
  "Max locked memory": "RLIMIT_MEMLOCK",
  "Max address space": "RLIMIT_AS",
  "Max file locks": "RLIMIT_LOCKS",
  "Max pending signals": "RLIMIT_SIGPENDING",
  "Max msgqueue size": "RLIMIT_MSGQUEUE",
  "Max nice priority": "RLIMIT_NICE",
  "Max realtime priority": "RLIMIT_RTPRIO",
  "Max realtime timeout": "RLIMIT_RTTIME",
};

/** The limits of this process. proc(5) */
export function ownLimits(procRoot: string): RuntimeLimit[] {
  const lines = readFileSync(join(procRoot, "self/limits"), "latin1").split("\n");
  return lines.flatMap((line) => {
    const type = LIMITS[line.slice(0, 26).trim()];
    const [soft = "", hard = ""] = line.slice(26).trim().split(/\s+/);
    return type === undefined ? [] : [{ type, soft: numberOf(soft), hard: numberOf(hard) }];
  });
}

function numberOf(text: string): number {
  return text === "unlimited" ? Number.MAX_SAFE_INTEGER : Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/**
 * What a process of an ordinary user cannot have: a better chance to survive than we have ourselves.
 *
 * @returns the adjustment that the kernel allows
 */
export function allowedOomScore(asked: number, isRootless: boolean, procRoot: string): number {
  if (!isRootless) return asked;
  return Math.max(asked, Number(readText(join(procRoot, "self/oom_score_adj"))));
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new FileSystemError("open", path, error);
  }
}
