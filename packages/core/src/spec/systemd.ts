import { basename } from "node:path";
import type { Isolation } from "./isolation.ts";
import type { RuntimeMount } from "./runtime-spec.ts";

const INIT_PATHS = ["/sbin/init", "/usr/sbin/init", "/usr/local/sbin/init"];
const FOLDERS = ["/run", "/run/lock", "/tmp", "/var/log/journal"];

/** Stops systemd as process 1 (systemd(1) "Signals"). */
export const SYSTEMD_STOP_SIGNAL = "SIGRTMIN+3";

/** Whether a container is prepared for systemd, by what was asked and by its program. */
export function runsSystemd(
  { systemd = "true" }: Isolation = {},
  [program = ""]: readonly string[],
): boolean {
  if (systemd !== "true") return systemd === "always";
  return INIT_PATHS.includes(program) || basename(program) === "systemd";
}

/** What systemd wants to write to in a container (systemd.io/CONTAINER_INTERFACE). */
export function systemdMounts(): RuntimeMount[] {
  return FOLDERS.map((destination) => ({
    destination,
    type: "tmpfs",
    source: "tmpfs",
    options: ["rw", "rprivate", "nosuid", "nodev", "tmpcopyup"],
  }));
}
