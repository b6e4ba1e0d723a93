import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "@wherry/core/engine";
import { isUnwritable } from "@wherry/core/error";

/** What the rule looks at. */
export interface SessionView {
  readonly uid: number;
  readonly userName: string;
  /** Whether there is something at a path. */
  readonly exists: (path: string) => boolean;
}

/**
 * What becomes of a user's processes at the last logout: those of root stay, and all where systemd keeps no sessions; else they end
 * with the user's manager and runtime folder, save those of a user who lingers (loginctl(1)).
 */
export function afterLogout({
  uid,
  userName,
  exists,
}: SessionView): "root" | "no systemd" | "lingers" | "ends" {
  if (uid === 0) return "root";
  if (!exists("/run/systemd/system")) return "no systemd";
  return exists(`/var/lib/systemd/linger/${userName}`) ? "lingers" : "ends";
}

/** The command by which a user lingers. */
export function lingerCommand(userName: string): string {
  return `loginctl enable-linger ${userName}`;
}

/**
 * Says, once for a user, that detached containers end with the login session they are started from. A runtime folder that is not the
 * session's is no sign of one: services and cron have other ends.
 */
export function tellOfLogout(
  { host, locations }: Engine,
  warn: (message: string) => void,
  exists: SessionView["exists"] = existsSync,
): void {
  const { uid, userName } = host;
  if (!locations.runtimeDir.startsWith(`/run/user/${uid}/`)) return;
  const told = join(locations.cacheDir, "told-of-logout");
  if (exists(told) || afterLogout({ uid, userName, exists }) !== "ends") return;
  warn(
    `user ${userName} does not linger: detached containers end at your last logout; ${lingerCommand(userName)} keeps them (this is said once)`,
  );
  try {
    mkdirSync(locations.cacheDir, { recursive: true, mode: 0o700 });
    writeFileSync(told, "");
  } catch (error) {
    if (!isUnwritable(error)) throw error; // it is said again
  }
}
