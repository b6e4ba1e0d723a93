import type { ContainerHost } from "../container/index.ts";
import type { Engine } from "./engine.ts";

/** What the work on containers needs of an engine. Namespace and worker are opened only when they are used. */
export function containerHost(engine: Engine, warn?: (message: string) => void): ContainerHost {
  const { host, locations, store, options, conf } = engine;
  return {
    store,
    uid: host.uid,
    gid: host.gid,
    runtimeDir: locations.runtimeDir,
    cacheDir: locations.cacheDir,
    etc: host.etc,
    procRoot: host.procRoot,
    searchPath: host.env["PATH"],
    notifySocket: host.env["NOTIFY_SOCKET"],
    now: host.now,
    runtime: options.runtime,
    runtimes: conf.engine.runtimes,
    runtimeFlags: options.runtimeFlags ?? [],
    cgroupManager: options.cgroupManager,
    conmon: options.conmon,
    hooksDirs: options.hooksDirs ?? [],
    namespace: () => engine.userNamespace(),
    worker: () => engine.worker(),
    workerProgram: host.workerProgram,
    signal: engine.signal,
    ...(warn === undefined ? {} : { warn }),
    selfProgram: [...host.selfProgram, ...instanceArguments(engine)],
  };
}

/** The global flags by which this program, started again, works with the same instance. */
function instanceArguments({ locations, options }: Engine): string[] {
  const { runRoot, volumePath, modules = [] } = options;
  return [
    ...["--root", locations.dataDir],
    ...(runRoot === undefined ? [] : ["--runroot", runRoot]),
    ...(volumePath === undefined ? [] : ["--volumepath", volumePath]),
    ...modules.flatMap((module) => ["--module", module]),
  ];
}
