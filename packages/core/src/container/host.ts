import type { LayerWorker, Store } from "../store/index.ts";
import type { UserNamespace } from "../userns/index.ts";

/** What containers need of the world around them. The engine gives it. */
export interface ContainerHost {
  readonly store: Store;
  readonly uid: number;
  /** $XDG_RUNTIME_DIR/wherry. */
  readonly runtimeDir: string;
  readonly cacheDir: string;
  /** Folder of the system's configuration files: resolv.conf, hosts, containers/seccomp.json. */
  readonly etc: string;
  readonly procRoot: string;
  /** A PATH value. */
  readonly searchPath?: string | undefined;
  readonly now: () => Date;
  readonly namespace: () => Promise<UserNamespace>;
  readonly worker: () => Promise<LayerWorker>;
  /** argv of a program that is given the arguments `rm --force ID`, for containers that remove themselves. */
  readonly selfProgram: readonly string[];
}

/** The parts of a host that a single step needs, without a store of containers. */
export type StepHost = Pick<
  ContainerHost,
  "uid" | "runtimeDir" | "cacheDir" | "etc" | "procRoot" | "searchPath" | "namespace"
>;
