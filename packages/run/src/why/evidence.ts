/** What is known of a container that ended or does not start. Gathered once; the rules only look at it. */
export interface Evidence {
  readonly name: string;
  readonly status: "created" | "starting" | "running" | "exited";
  readonly exitCode?: number;
  /** Why the exit code is not known: the monitor's or the host's end. */
  readonly unknownExit?: string;
  /** What the last start said, when it failed. */
  readonly startFailure?: { readonly message: string; readonly exitStatus: number };
  /** Whether a user had it stopped; known only of containers with a restart policy. */
  readonly isStopped: boolean;
  /** Whether the kernel killed a process of it for lack of memory. */
  readonly isOutOfMemory: boolean;
  /** Bytes; absent without a limit. */
  readonly memoryLimit?: number;
  /** Seconds after which it is killed; absent without. */
  readonly timeout?: number;
  /** Seconds its program ran. */
  readonly ranFor?: number;
  /** Program and arguments. */
  readonly args: readonly string[];
  /** What is in the file of the program; absent when it could not be read. */
  readonly program?: ProgramFile;
  /** `x86_64`, as ELF counts machines. */
  readonly machine: string;
  /** The last lines it wrote. */
  readonly output: readonly string[];
  readonly hasTerminal: boolean;
  readonly hasInput: boolean;
  readonly isReadOnly: boolean;
  /** Capabilities in effect, `CAP_…`. */
  readonly capabilities: readonly string[];
  /** Its user's id inside and on the host. */
  readonly user: { readonly inside: number; readonly host?: number };
  readonly mounts: readonly MountFacts[];
  /** Ports of the host it publishes that another container has now. */
  readonly takenPorts: readonly { readonly port: number; readonly by: string }[];
}

/** The file that a container's program is, as its first bytes tell. */
export type ProgramFile =
  | { readonly kind: "missing"; readonly path: string }
  | {
      readonly kind: "elf";
      readonly path: string;
      readonly machine: string;
      readonly interpreter?: Interpreter;
    }
  | { readonly kind: "script"; readonly path: string; readonly interpreter?: Interpreter }
  | { readonly kind: "other"; readonly path: string };

export interface Interpreter {
  readonly path: string;
  readonly isThere: boolean;
}

/** A bind mount or volume, and who owns its source. */
export interface MountFacts {
  readonly source: string;
  readonly destination: string;
  readonly isVolume: boolean;
  readonly isReadOnly: boolean;
  /** Absent when the source cannot be looked at. */
  readonly owner?: {
    readonly host: number;
    /** The same id inside; absent when the container has none for it. */
    readonly inside?: number;
    /** Whether it is the user who runs wherry. */
    readonly isMe: boolean;
    readonly mode: number;
  };
}
