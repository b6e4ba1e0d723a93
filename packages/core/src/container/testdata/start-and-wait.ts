import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { userInfo } from "node:os";
import { Store } from "../../store/index.ts";
import { UserNamespace } from "../../userns/index.ts";
import { getContainer, startDetached, type ContainerHost } from "../index.ts";

// starts a container of a test host, and waits to be killed
const [folder = "", id = ""] = process.argv.slice(2);
const { uid, gid, username } = userInfo();
const runtimeDir = join(folder, "run");
const common = { uid, runtimeDir, etc: "/etc", procRoot: "/proc", searchPath: "/usr/bin:/bin" };
const host: ContainerHost = {
  ...common,
  store: Store.open(join(folder, "store")),
  cacheDir: join(folder, "cache"),
  now: () => new Date(),
  namespace: () => UserNamespace.open({ ...common, gid, userName: username }),
  worker: () => Promise.reject(new Error("no worker is needed")),
  selfProgram: ["true"],
};
await startDetached(host, getContainer(host, id));
await sleep(10_000);
