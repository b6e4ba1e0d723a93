import type { Step } from "@wherry/core/container";
import { createManifest, MEDIA_TYPE, type Platform } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { LayerWorker, Store, StoredImage } from "@wherry/core/store";
import { at, expandWord, type Containerfile } from "../containerfile/index.ts";
import { ImageDraft } from "./image-draft.ts";
import { LayerFiles } from "./layer-files.ts";
import { GlobalScope, platformArgs, PROXY_ARGS, type OuterArgs } from "./scope.ts";
import { StageBuild, type FinishedStage } from "./stage-build.ts";
import { neededStages, targetStage } from "./stage-names.ts";
import { StepCache } from "./step-cache.ts";
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
  readonly names?: readonly Reference[];
  /** What the image is called while it is built: its first name as it was typed. */
  readonly title?: string;
  readonly noCache?: boolean;
  /** `SOURCE_DATE_EPOCH` and `--timestamp`. */
  readonly date?: BuildDate;
}

export interface BuildDate {
  readonly seconds: number;
  /** Whether files of new layers get that time too; else only config and history. */
  readonly forFiles: boolean;
}

/** What a build works with. */
export interface BuildTools {
  readonly store: Store;
  readonly cacheDir: string;
  readonly progress: Progress;
  /** An image by the name in the Containerfile: from the store, or pulled. */
  readonly openImage: (name: string) => Promise<StoredImage>;
  /** Runs a command in a container over layers; gives its exit status and the last lines it wrote. */
  readonly runCommand: (step: Step) => Promise<RanCommand>;
  readonly worker: () => Promise<LayerWorker>;
  /** Proxies of this machine, for RUN. */
  readonly proxies?: ReadonlyMap<string, string>;
  readonly signal?: AbortSignal;
}

export interface RanCommand {
  readonly status: number;
  readonly lastLines: readonly string[];
}

/** Who is told how a build goes on. */
export interface Progress {
  /** A line such as "STEP 1/3: FROM scratch", which scripts read. */
  line(text: string): void;
  warn(text: string): void;
}

/**
 * Builds an image and gives it its names. Stages are built when another needs them, the others never. Config and manifest
 * are written at the very end: a build that fails leaves no image.
 *
 * @throws {StepError | ContainerfileError | BuildRequestError}
 */
export async function buildImage(request: BuildRequest, tools: BuildTools): Promise<StoredImage> {
  using build = new Build(request, tools);
  return await build.run();
}

/** One build: what its stages share. */
export class Build implements Disposable {
  readonly request: BuildRequest;
  readonly tools: BuildTools;
  readonly outerArgs: OuterArgs;
  readonly globals: GlobalScope;
  readonly cache: StepCache;
  readonly #files: LayerFiles;
  readonly #stages = new Map<number, Promise<FinishedStage>>();
  readonly #consumed = new Set<string>(PROXY_ARGS);

  constructor(request: BuildRequest, tools: BuildTools) {
    this.request = request;
    this.tools = tools;
    this.outerArgs = {
      given: request.buildArgs ?? new Map(),
      builtIn: platformArgs(request.platform, request.platform),
    };
    this.globals = new GlobalScope(this.outerArgs);
    this.cache = new StepCache(tools.store, { reads: request.noCache !== true });
    this.#files = new LayerFiles(tools.store, tools.cacheDir);
  }

  async run(): Promise<StoredImage> {
    const { containerfile, target, title, names = [], labels = [] } = this.request;
    const { progress } = this.tools;
    for (const warning of containerfile.warnings) progress.warn(warning);
    this.#declareGlobals();
    const { draft } = await this.stage(targetStage(containerfile.stages, target));
    this.#warnOfUnusedArgs();
    if (labels.length > 0) draft.config.Labels = { ...draft.config.Labels, ...Object.fromEntries(labels) };
    progress.line(title === undefined ? "COMMIT" : `COMMIT ${title}`);
    const image = await this.#commit(draft, names);
    this.cache.noteUse();
    return image;
  }

  /** The time of a file in a new layer, where one was asked for. */
  get changeTime(): ((mtime: number) => number) | undefined {
    const { date } = this.request;
    return date?.forFiles === true ? () => date.seconds : undefined;
  }

  /** A stage, built once, after the stages it is known to need. */
  stage(index: number): Promise<FinishedStage> {
    let stage = this.#stages.get(index);
    if (stage === undefined) this.#stages.set(index, (stage = this.#buildStage(index)));
    return stage;
  }

  /** The files of an image that is built or in the store. */
  tree({ layers }: Pick<ImageDraft, "layers">): Promise<Tree> {
    return this.#files.tree(layers);
  }

  /** A draft that begins with an image of the store, which is pulled when it is missing. */
  async openImage(name: string): Promise<ImageDraft> {
    const { store, openImage } = this.tools;
    const image = await openImage(name);
    const { content } = store.images.readManifest(image);
    return ImageDraft.from(store.images.readConfig(image), content.layers, this.request.platform);
  }

  /** Notes that a `--build-arg` was of use. */
  consume(name: string): void {
    this.#consumed.add(name);
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  async #buildStage(index: number): Promise<FinishedStage> {
    for (const needed of neededStages(this.request.containerfile.stages, index)) await this.stage(needed);
    return new StageBuild(this, index).run();
  }

  #declareGlobals(): void {
    const { containerfile } = this.request;
    for (const instruction of containerfile.globalArgs) {
      at(containerfile.file, instruction, () => {
        const { escape } = containerfile.directives;
        const values = instruction.args.map(({ name, default: fallback }) => ({
          name,
          value:
            fallback === undefined
              ? undefined
              : expandWord(fallback, (variable) => this.globals.lookup(variable), { escape }),
        }));
        for (const { name, value } of values) {
          this.consume(name);
          this.globals.declare(name, value);
        }
      });
    }
  }

  #warnOfUnusedArgs(): void {
    const unused = [...this.outerArgs.given.keys()].filter((name) => !this.#consumed.has(name));
    if (unused.length > 0)
      this.tools.progress.warn(`one or more build args were not consumed: [${unused.sort().join(" ")}]`);
  }

  async #commit(draft: ImageDraft, names: readonly Reference[]): Promise<StoredImage> {
    const { store, signal } = this.tools;
    signal?.throwIfAborted();
    const config = Buffer.from(JSON.stringify(draft.toImageConfig(this.request.date?.seconds)));
    const written = await store.blobs.writeBytes(config);
    const manifest = createManifest({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: { mediaType: MEDIA_TYPE.ociConfig, ...written },
      layers: draft.layers.map(({ descriptor }) => descriptor),
    });
    await store.blobs.writeBytes(manifest.bytes);
    return store.images.put(manifest.descriptor, names);
  }
}
