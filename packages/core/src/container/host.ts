import type { LayerWorker, Store } from "../store/index.ts";
import type { UserNamespace } from "../userns/index.ts";

/** What containers need of the world around them. The engine gives it. */
export interface ContainerHost {
  readonly store: Store;
  readonly uid: number;
  readonly gid?: number;
  /** $XDG_RUNTIME_DIR/wherry. */
  readonly runtimeDir: string;
  readonly cacheDir: string;
  /** Folder of the system's configuration files: resolv.conf, hosts, containers/seccomp.json. */
  readonly etc: string;
  readonly procRoot: string;
  /** A PATH value. */
  readonly searchPath?: string | undefined;
  /** Name or path of the OCI runtime; default the first that works. */
  readonly runtime?: string | undefined;
  /** Paths of runtimes by name, where they are not on `searchPath`. */
  readonly runtimes?: ReadonlyMap<string, readonly string[]>;
  readonly runtimeFlags?: readonly string[];
  /** "systemd" or "cgroupfs"; default the first that works. */
  readonly cgroupManager?: string | undefined;
  /** Path of conmon; default from `searchPath`. */
  readonly conmon?: string | undefined;
  /** Folders of OCI hooks (oci-hooks(5)). */
  readonly hooksDirs?: readonly string[];
  /** Socket of the service manager that started us (sd_notify(3)). */
  readonly notifySocket?: string | undefined;
  readonly now: () => Date;
  readonly namespace: () => Promise<UserNamespace>;
  readonly worker: () => Promise<LayerWorker>;
  /** argv of the worker's program, to start one in other namespaces. */
  readonly workerProgram?: readonly string[] | undefined;
  /** argv of a program that is given the arguments `rm --force ID`, for containers that remove themselves. */
  readonly selfProgram: readonly string[];
  /** Ends waits for other processes. */
  readonly signal?: AbortSignal | undefined;
  /** Told of what is done otherwise than asked, and of what takes long. */
  readonly warn?: (message: string) => void;
  /** Told of the end of each phase of a foreground run, or of a start; each begins where the last one ended. */
  readonly onPhase?: (phase: RunPhase) => void;
}

/**
 * What a run consists of: finding namespace and runtime; writing the bundle and starting the monitor; the container made by the
 * runtime; what connecting it to the network takes beyond that; joining its streams; its program started; the program; removal.
 */
export type RunPhase =
  "namespace" | "bundle" | "made" | "network" | "attach" | "started" | "program" | "remove";

/** The parts of a host that a single step needs, without a store of containers. */
export type StepHost = Pick<
  ContainerHost,
  | "uid"
  | "runtimeDir"
  | "cacheDir"
  | "etc"
  | "procRoot"
  | "searchPath"
  | "namespace"
  | "runtime"
  | "runtimes"
  | "runtimeFlags"
  | "cgroupManager"
  | "hooksDirs"
  | "warn"
>;
