import type { BindMount, OverlayChoice, Propagation, SpecialMount, TmpfsMount } from "./spec-input.ts";

/** A named volume, or (without a name) a volume of the container's own. */
export interface VolumeRequest {
  readonly type: "volume";
  readonly name?: string;
  readonly destination: string;
  readonly readOnly?: boolean;
  readonly recursive?: boolean;
  readonly propagation?: Propagation;
  readonly options?: readonly string[];
  /** Whether an empty volume stays empty, instead of taking what the image has there. */
  readonly noCopy?: boolean;
  /** Path in the volume of what is mounted. */
  readonly subpath?: string;
  readonly chown?: boolean;
  readonly overlay?: OverlayChoice;
  /** Options of the volume, should it be made now. */
  readonly volumeOptions?: Readonly<Record<string, string>>;
}

/** The files of an image. */
export interface ImageRequest {
  readonly type: "image";
  /** As typed. */
  readonly source: string;
  readonly destination: string;
  /** Whether the container may write; what it writes is gone with its end. */
  readonly readWrite?: boolean;
  readonly subpath?: string;
}

/** Each path of the host that fits a pattern, below one folder or each at its own place. */
export interface GlobRequest extends Omit<BindMount, "type" | "source" | "destination"> {
  readonly type: "glob";
  readonly pattern: string;
  /** Where the files are put; absent: at the path they have on the host. */
  readonly destination?: string;
}

/** What `-v`, `--mount` and `--tmpfs` ask for. */
export type MountRequest = BindMount | TmpfsMount | SpecialMount | VolumeRequest | ImageRequest | GlobRequest;
