/** What `RUN --mount` shows to the command. */
export type RunMount = BindMount | CacheMount | SecretMount | SshMount | TmpfsMount;

/** Files of the context, a stage or an image. Writes are lost. */
export interface BindMount {
  readonly type: "bind";
  /** Undefined for the build context. */
  readonly from?: string;
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** A folder that outlives the build. */
export interface CacheMount {
  readonly type: "cache";
  /** Default: the target. */
  readonly id?: string;
  readonly target: string;
  readonly sharing: "shared" | "private" | "locked";
  /** What a new cache begins with. */
  readonly from?: string;
  readonly source: string;
  readonly readOnly: boolean;
  /** Of a new cache. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A file, or a variable, whose value the image never has. */
export interface SecretMount {
  readonly type: "secret";
  readonly id: string;
  /** Undefined when only `env` was given. */
  readonly target?: string;
  readonly env?: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A socket to an agent that signs with keys the command never sees. */
export interface SshMount {
  readonly type: "ssh";
  readonly id: string;
  readonly target?: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** An empty folder in memory. */
export interface TmpfsMount {
  readonly type: "tmpfs";
  readonly target: string;
  /** Bytes. */
  readonly size?: number;
  readonly mode?: number;
}
