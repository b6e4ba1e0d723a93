/** What the checks see of a host. Looking changes nothing, but for the three `try` functions, which leave nothing behind. */
export interface HostView {
  /** uid 0 needs neither a user namespace nor subordinate ids. */
  readonly uid: number;
  readonly userName: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly nodeVersion: string;
  readonly now: Date;
  /** Folder of the store, and of what does not survive a reboot. */
  readonly dataDir: string;
  readonly runtimeDir: string;
  readonly configDir: string;
  /** Content of a file; undefined when it is not there or closed. */
  readonly readText: (path: string) => string | undefined;
  /** Owner and permission bits of what is at a path; undefined when nothing is. */
  readonly stat: (
    path: string,
  ) => { readonly uid: number; readonly mode: number; readonly mtime: Date } | undefined;
  /** Whether this user may read and write it. */
  readonly isWritable: (path: string) => boolean;
  /** The file system that holds a path, or would hold it. */
  readonly fileSystem: (path: string) => { readonly type: number; readonly freeBytes: number };
  /** Path of an installed program. */
  readonly find: (program: string) => string | undefined;
  /** What a program prints, on both streams; undefined when it is missing or fails. */
  readonly outputOf: (program: string, ...args: string[]) => Promise<string | undefined>;
  /** Makes (or finds) the user namespace; the reason when it cannot. */
  readonly tryUserNamespace: () => Promise<Failure | undefined>;
  /** Runs a container through each runtime until one works. */
  readonly tryRuntime: () => Promise<RuntimeFound | Failure>;
  /** Mounts an overlay in the store's file system. */
  readonly tryOverlay: () => Promise<Failure | undefined>;
  /** Reads registries.conf and its kin. */
  readonly tryRegistries: () => Promise<{ readonly searched: readonly string[] } | Failure>;
}

export interface RuntimeFound {
  readonly name: string;
  readonly program: string;
  /** Whether containers get a cgroup of their own. */
  readonly cgroup: boolean;
}

/** Why something did not work. */
export interface Failure {
  readonly problem: string;
  /** What the failing part itself advises. */
  readonly hint?: string | undefined;
}
