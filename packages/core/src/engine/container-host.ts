import type { ContainerHost } from "../container/index.ts";
import type { Engine } from "./engine.ts";

/** What the work on containers needs of an engine. Namespace and worker are opened only when they are used. */
export function containerHost(engine: Engine): ContainerHost {
  const { host, locations, store } = engine;
  return {
    store,
    uid: host.uid,
    runtimeDir: locations.runtimeDir,
    cacheDir: locations.cacheDir,
    etc: host.etc,
    procRoot: host.procRoot,
    searchPath: host.env["PATH"],
    now: host.now,
    namespace: () => engine.userNamespace(),
    worker: () => engine.worker(),
    selfProgram: [...host.selfProgram, "--root", locations.dataDir],
  };
}
