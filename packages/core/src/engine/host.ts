import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { xdgCache, xdgConfig, xdgData, xdgRuntime } from "xdg-basedir";

/** What the engine knows of the world around it. Made once, by `main`; tests make their own. */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Home folder of the user. */
  readonly home: string;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  /** Where proc(5) is mounted. */
  readonly procRoot: string;
  /** Folder of the system's configuration files. */
  readonly etc: string;
  readonly now: () => Date;
  /** argv of the program that works inside the user namespace; undefined in a CLI that never needs one. */
  readonly workerProgram: readonly string[] | undefined;
  /** argv that starts this CLI again, for work that has to happen when a container ends. */
  readonly selfProgram: readonly string[];
}

/** The XDG base directories, those included that the environment leaves to their defaults. */
const BASE_FOLDERS = {
  XDG_DATA_HOME: xdgData,
  XDG_CONFIG_HOME: xdgConfig,
  XDG_CACHE_HOME: xdgCache,
  XDG_RUNTIME_DIR: xdgRuntime,
};

/** This process's host: the one place that reads its environment. */
export function thisHost(programs: Pick<Host, "workerProgram" | "selfProgram">): Host {
  const env: Host["env"] = { ...process.env, ...BASE_FOLDERS, TMPDIR: filled(process.env["TMPDIR"]) };
  const uid = process.getuid?.() ?? 0;
  return {
    env,
    home: filled(env["HOME"]) ?? homeOf(),
    uid,
    gid: process.getgid?.() ?? 0,
    userName: userNameOf(uid, env),
    procRoot: "/proc",
    etc: "/etc",
    now: () => new Date(),
    ...programs,
  };
}

/** A variable that is set to nothing counts as one that is not set. */
function filled(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** The home folder that the user database knows; "/" where it does not know the user. */
function homeOf(): string {
  try {
    return userInfo().homedir;
  } catch {
    return "/";
  }
}

/** The name of a user id: from /etc/passwd, else from the name service, else from $USER, else the id itself. */
function userNameOf(uid: number, env: Host["env"]): string {
  try {
    for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
      const [name, , id] = line.split(":");
      if (name !== undefined && id === String(uid)) return name;
    }
    return userInfo().username;
  } catch {
    return env["USER"] ?? String(uid);
  }
}
