import type { Step } from "@wherry/core/container";
import type { Digest, Platform } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { FoundImage, LayerWorker, Store } from "@wherry/core/store";
import type { RemoteCache } from "../cache/remote-cache.ts";
import type { Containerfile } from "../containerfile/index.ts";
import type { NamedContext } from "./named-context.ts";
import type { Progress, StepOutput } from "./progress.ts";
import type { SshSource } from "./ssh-socket.ts";
import type { StepResult } from "./step-cache.ts";
import type { Tree } from "./tree.ts";

/** What to build. */
export interface BuildRequest {
  readonly containerfile: Containerfile;
  readonly context: Tree;
  /** Says why a path is not in the context, when there is more to say than that: it is ignored. */
  readonly explainMissing?: (path: string) => string | undefined;
  readonly platform: Platform;
  readonly target?: string;
  readonly buildArgs?: ReadonlyMap<string, string>;
  /** Added to the image's labels at the end. */
  readonly labels?: readonly (readonly [name: string, value: string])[];
  /** Whether labels of base images are kept; default true. */
  readonly inheritsLabels?: boolean;
  /** Whether annotations of base images are kept, and the image's own names its base; default true. */
  readonly inheritsAnnotations?: boolean;
  readonly names?: readonly Reference[];
  /** What the image is called while it is built: its first name as it was typed. */
  readonly title?: string;
  readonly noCache?: boolean;
  /** Results older than so many milliseconds are not used. */
  readonly cacheTtlMs?: number;
  /** Tells of each step that is not in the cache why. */
  readonly explainCache?: boolean;
  /** Told the cache key of each result, which is then put apart from the others: a trial. */
  readonly onTrial?: (key: string) => void;
  /** Told of each step with its result (`--cache-to`), and a cheaper key for the same. */
  readonly onResult?: (key: Digest, result: StepResult, lead?: Digest) => void;
  /** Whether stages before the target are built that nothing needs. */
  readonly buildsUnused?: boolean;
  /** Whether what RUN writes to a folder that VOLUME names is thrown away, as docker once did. */
  readonly discardsVolumes?: boolean;
  /** Where the Containerfile is: the steps of one place are compared when misses are explained. */
  readonly home?: string;
  /** How many steps run at a time; default 1. With 1 the stages are built one after the other. */
  readonly jobs?: number;
  /** `--build-context`, by name. */
  readonly contexts?: ReadonlyMap<string, NamedContext>;
  /** `--secret`, by id: gives the value when it is needed. */
  readonly secrets?: ReadonlyMap<string, () => Uint8Array>;
  /** `--ssh`, by id. */
  readonly ssh?: ReadonlyMap<string, SshSource>;
  /** How commands run besides what the Containerfile says: part of every RUN's key. Plain JSON. */
  readonly runSettings?: object;
  /** `SOURCE_DATE_EPOCH` and `--timestamp`. */
  readonly date?: BuildDate;
}

export interface BuildDate {
  readonly seconds: number;
  /** Times of files in new layers: as they are, all that time, or none later than it. */
  readonly files: "keep" | "force" | "clamp";
}

/** What a build works with. */
export interface BuildTools {
  readonly store: Store;
  readonly cacheDir: string;
  readonly progress: Progress;
  /** An image by the name in the Containerfile: from the store, or pulled. */
  readonly openImage: (name: string, platform: Platform) => Promise<FoundImage>;
  /** Runs a command in a container over layers; gives its exit status and the last lines it wrote. */
  readonly runCommand: (step: Step, output: StepOutput) => Promise<RanCommand>;
  /** Called when a command has failed, with its container as it left it. */
  readonly onFail?: (step: Step) => Promise<void>;
  readonly worker: () => Promise<LayerWorker>;
  /** The environment of programs that fetch sources: git and its helpers. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Results of steps that are kept elsewhere (`--cache-from`). */
  readonly remote?: RemoteCache | undefined;
  /** Proxies of this machine, for RUN. */
  readonly proxies?: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal;
}

export interface RanCommand {
  readonly status: number;
  readonly lastLines: readonly string[];
}
