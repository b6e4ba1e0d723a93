import type { Stdio } from "./stdio.ts";
import type { NetworkMode } from "../network/index.ts";
import type { Limits, RuntimeLimit, SpecDevice, SpecMount, SpecNamespaces } from "../spec/index.ts";
import type { NameChoices } from "./bundle-input.ts";

/** A part of other layers, put together in the step's own mount namespace. */
export interface StepTree {
  /** Unpacked layers in overlay format, absolute, the lowest first. Never empty. */
  readonly layers: readonly string[];
  /** What of them is seen: a path without links, relative to their root; "" for all. */
  readonly path: string;
  readonly isFile: boolean;
  /** Absolute path in the container. */
  readonly destination: string;
  readonly readOnly: boolean;
}

/** A file whose content must never be on a disk. */
export interface StepSecret {
  readonly content: Uint8Array;
  /** Absolute path in the container. */
  readonly destination: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A command that runs in a throw-away container over a writable layer that is kept: what a build step is. */
export interface Step {
  /** Unpacked layers in overlay format, absolute, the lowest first. */
  readonly layers: readonly string[];
  /** Directory that receives what the step changes, in overlay format; exists, empty or from an earlier step. */
  readonly upper: string;
  /** Empty directory on the same file system as `upper`, for overlayfs and the bundle; the caller removes it. */
  readonly work: string;
  /** Program and its arguments. Never empty. */
  readonly args: readonly string[];
  /** NAME=value; PATH, HOME and TERM are added where missing. */
  readonly env: readonly string[];
  /** Made where the image has none; default "/". */
  readonly workingDir?: string;
  /** As `--user` and an image's `User` spell it; default root. Looked up in the layers and `upper`. */
  readonly user?: string;
  readonly mounts?: readonly SpecMount[];
  /** Trees of other layers that the command sees; what it writes there is lost. */
  readonly trees?: readonly StepTree[];
  /** Small files that are in memory only, and only while the command runs. */
  readonly secrets?: readonly StepSecret[];
  /** Default pasta. */
  readonly network?: NetworkMode;
  /** Default private; not without a runtime. That of processes is always its own, or what it starts could outlive it. */
  readonly namespaces?: Pick<SpecNamespaces, "cgroup" | "ipc" | "uts">;
  readonly hostname?: string;
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  readonly noNewPrivileges?: boolean;
  readonly rlimits?: readonly RuntimeLimit[];
  /** Bytes of /dev/shm. */
  readonly shmSize?: number;
  readonly devices?: readonly SpecDevice[];
  /** What it may use at most, and where its cgroup is; not without a runtime. */
  readonly limits?: Limits;
  /** The image's /etc/hosts is left alone. */
  readonly noHosts?: boolean;
  /** The image's /etc/hostname is left alone. */
  readonly noHostname?: boolean;
  /** Path of a seccomp profile, or "unconfined". */
  readonly seccompProfile?: string;
  /** Hosts and name servers besides this machine's. */
  readonly nameChoices?: NameChoices;
  /** Whether the command gets a terminal; its standard input is one then. */
  readonly terminal?: boolean;
  /** `chroot`: no runtime, only the layers as root directory, for hosts where none can start. */
  readonly isolation?: "oci" | "chroot";
  /** What the command reads and writes. */
  readonly stdio?: Stdio;
  /** Ends the command and all it started. */
  readonly signal?: AbortSignal;
}
