import { spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { patience } from "./patience.ts";
import { finish, type Result, type TestUser } from "./user.ts";

const PLACES = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/** A cgroup of version 2 that belongs to a test's user, as a service manager delegates one. */
export interface Delegated extends Disposable {
  readonly folder: string;
  /** Runs `wherry` to its end, inside. */
  wherry(args: readonly string[]): Promise<Result>;
}

/** Where version 2 is mounted, and its controllers; undefined where there is none, or only root could give from it. */
export function cgroupVersion2():
  { readonly root: string; readonly controllers: readonly string[] } | undefined {
  const root = PLACES.find((place) => existsSync(join(place, "cgroup.controllers")));
  if (root === undefined || process.getuid?.() !== 0) return undefined;
  try {
    return { root, controllers: words(join(root, "cgroup.controllers")) };
  } catch {
    return undefined;
  }
}

/** Gives the user a cgroup with all controllers there are. */
export function delegate(user: TestUser, root: string, controllers: readonly string[]): Delegated {
  const folder = join(root, `wherry-test-${process.pid}`);
  if (controllers.length > 0)
    writeFileSync(join(root, "cgroup.subtree_control"), controllers.map((name) => `+${name}`).join(" "));
  mkdirSync(folder);
  for (const name of ["", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"])
    chownSync(join(folder, name), user.uid, user.gid);
  return {
    folder,
    wherry: (args) => {
      const command = [...user.become, "wherry", ...args];
      // below the top: that has no processes itself once controllers are handed on
      const callers = join(folder, "wherry-callers");
      const procs = existsSync(callers) ? callers : folder;
      return finish(
        spawn("sh", ["-c", `echo $$ >${join(procs, "cgroup.procs")}; exec "$@"`, "sh", ...command], {
          cwd: user.home,
          timeout: patience(60_000),
          killSignal: "SIGKILL",
        }),
      );
    },
    [Symbol.dispose]() {
      writeFileSync(join(folder, "cgroup.kill"), "1");
      removeBelow(folder);
    },
  };
}

/** The kernel takes a moment to let a cgroup of ended processes go. */
function removeBelow(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeBelow(join(folder, entry.name));
  for (let triesLeft = 50; ; triesLeft--) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      if (triesLeft === 0) throw error;
      spawnSync("sleep", ["0.1"]);
    }
  }
}

function words(path: string): string[] {
  return readFileSync(path, "latin1").split(/\s+/).filter(Boolean);
}
