import type { Stdio } from "./stdio.ts";
import type { NetworkMode } from "../network/index.ts";
import type { SpecMount } from "../spec/index.ts";

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
  /** Default pasta. */
  readonly network?: NetworkMode;
  readonly hostname?: string;
  readonly addCapabilities?: readonly string[];
  readonly dropCapabilities?: readonly string[];
  /** What the command reads and writes. */
  readonly stdio?: Stdio;
  /** Ends the command and all it started. */
  readonly signal?: AbortSignal;
}
