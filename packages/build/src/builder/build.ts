import { join } from "node:path";
import type { Step } from "@wherry/core/container";
import { hostPlatform, type Digest, type ImageConfig, type Platform } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { LayerWorker, Store, StoredImage } from "@wherry/core/store";
import { at, expandWord, type Containerfile, type Location } from "../containerfile/index.ts";
import type { RemoteCache } from "../cache/remote-cache.ts";
import { RemoteLayerLost } from "../cache/errors.ts";
import { annotationsAfter } from "./base-annotations.ts";
import { ImageDraft, type BuiltLayer } from "./image-draft.ts";
import { JobSlots } from "./job-slots.ts";
import { LayerFiles } from "./layer-files.ts";
import { findNamedContext, type NamedContext } from "./named-context.ts";
import { planStage, type FileInstruction, type StagePlan } from "./plan-stage.ts";
import type { Progress, StepName, StepOutput } from "./progress.ts";
import { StageRun, type FinishedStage } from "./run-stage.ts";
import { GlobalScope, platformArgs, PROXY_ARGS, type OuterArgs } from "./scope.ts";
import type { SshSource } from "./ssh-socket.ts";
import { findStage, fromsOf, neededStages, targetStage } from "./stage-names.ts";
import { StepCache, type StepMark, type StepResult } from "./step-cache.ts";
import { StepLocks } from "./step-lock.ts";
import { StepRunner } from "./step-runner.ts";
import type { Tree } from "./tree.ts";
import { writeImage } from "./write-image.ts";

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
  readonly openImage: (name: string, platform: Platform) => Promise<StoredImage>;
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

/**
 * Builds an image and gives it its names. Stages are built when another needs them, the others never. Config and manifest
 * are written at the very end: a build that fails leaves no image.
 *
 * @throws {StepError | ContainerfileError | BuildRequestError}
 */
export async function buildImage(request: BuildRequest, tools: BuildTools): Promise<StoredImage> {
  return await withoutLostCaches(tools, async () => {
    using build = new Build(request, tools);
    return await build.run();
  });
}

/** A cache elsewhere that promised a layer and does not give it is left out, and the build done again. */
async function withoutLostCaches<Result>(
  { remote, progress }: BuildTools,
  build: () => Promise<Result>,
): Promise<Result> {
  for (;;) {
    try {
      return await build();
    } catch (error) {
      if (!(error instanceof RemoteLayerLost) || remote === undefined) throw error;
      progress.warn(`the build begins again without a cache that cannot be used: ${error.message}`);
      await remote.drop(error.place);
    }
  }
}

/** Builds one image for each platform, all out of one pool of jobs; they get no names. */
export async function buildForPlatforms(
  request: BuildRequest,
  tools: BuildTools,
  platforms: readonly Platform[],
): Promise<StoredImage[]> {
  return await withoutLostCaches(tools, () => buildEach(request, tools, platforms));
}

async function buildEach(
  request: BuildRequest,
  tools: BuildTools,
  platforms: readonly Platform[],
): Promise<StoredImage[]> {
  const slots = new JobSlots(request.jobs ?? 1);
  const stopping = new AbortController();
  const signal = AbortSignal.any([stopping.signal, ...(tools.signal === undefined ? [] : [tools.signal])]);
  let failure: { readonly error: unknown } | undefined;
  const builds = await Promise.allSettled(
    platforms.map(async (platform) => {
      using build = new Build({ ...request, platform }, { ...tools, signal }, { slots });
      try {
        return await build.run();
      } catch (error) {
        failure ??= { error };
        stopping.abort(error);
        throw error;
      }
    }),
  );
  return builds.map((built) => {
    if (built.status === "rejected") throw failure?.error ?? built.reason;
    return built.value;
  });
}

/** Tells of each step whether it is in the cache, and if not why, without doing any. Base images have to be here. */
export async function explainBuild(request: BuildRequest, tools: BuildTools): Promise<void> {
  using build = new Build(request, tools, { isDryRun: true });
  await build.finish();
}

/** Does all steps without the cache, and writes no image: gives the config it would have. Results are kept apart, see `onTrial`. */
export async function tryBuild(
  request: BuildRequest & Required<Pick<BuildRequest, "onTrial">>,
  tools: BuildTools,
): Promise<ImageConfig> {
  using build = new Build({ ...request, noCache: true }, tools);
  const { draft } = await build.finish();
  return draft.toImageConfig(request.date?.seconds);
}

/** One build: what its stages share. */
export class Build implements Disposable {
  readonly request: BuildRequest;
  readonly tools: BuildTools;
  readonly outerArgs: OuterArgs;
  readonly globals: GlobalScope;
  readonly cache: StepCache;
  readonly steps: StepRunner;
  readonly #files: LayerFiles;
  readonly #plans = new Map<number, Promise<StagePlan>>();
  readonly #stages = new Map<number, Promise<FinishedStage>>();
  readonly #consumed = new Set<string>(PROXY_ARGS);
  /** Ends the other steps when one has failed. */
  readonly #stopping = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  readonly #isOneOfMany: boolean;

  constructor(
    request: BuildRequest,
    tools: BuildTools,
    { isDryRun = false, slots }: { isDryRun?: boolean; slots?: JobSlots } = {},
  ) {
    const signal = AbortSignal.any([
      this.#stopping.signal,
      ...(tools.signal === undefined ? [] : [tools.signal]),
    ]);
    this.request = request;
    this.#isOneOfMany = slots !== undefined;
    this.tools = { ...tools, signal };
    this.outerArgs = {
      given: request.buildArgs ?? new Map(),
      builtIn: platformArgs(request.platform, hostPlatform()),
    };
    this.globals = new GlobalScope(this.outerArgs);
    const { noCache = false, cacheTtlMs, explainCache = false, onTrial } = request;
    this.cache = new StepCache(tools.store, {
      reads: !noCache,
      ...(cacheTtlMs === undefined ? {} : { ttlMs: cacheTtlMs }),
      ...(onTrial === undefined ? {} : { onTrial }),
    });
    this.steps = new StepRunner({
      ...{ cache: this.cache, explains: explainCache, isDryRun },
      slots: slots ?? new JobSlots(request.jobs ?? 1),
      locks: new StepLocks(join(tools.cacheDir, "step-locks")),
      signal,
      remote: noCache ? undefined : tools.remote,
      onResult: request.onResult,
      onWait: (pid) =>
        tools.progress.warn(`waiting for process ${pid}, which does the same step for another build`),
    });
    this.#files = new LayerFiles(tools.store, tools.cacheDir);
  }

  async run(): Promise<StoredImage> {
    const { title, names = [], labels = [] } = this.request;
    const { progress, store, worker } = this.tools;
    await store.removeOrphans({ call: async (task, input) => (await worker()).call(task, input) });
    const { draft } = await this.finish();
    if (labels.length > 0) draft.config.Labels = { ...draft.config.Labels, ...Object.fromEntries(labels) };
    progress.event({ type: "commit", ...(title === undefined ? {} : { title }) });
    return await this.#commit(draft, names);
  }

  /** Does all steps of the target and of what it needs. */
  async finish(): Promise<FinishedStage> {
    const { containerfile, target } = this.request;
    for (const warning of containerfile.warnings) this.tools.progress.warn(warning);
    this.#declareGlobals();
    const finished = await this.#untilDone(targetStage(containerfile.stages, target));
    this.cache.noteUse();
    this.#warnOfUnusedArgs();
    return finished;
  }

  /** The time of a file in a new layer, where one was asked for. */
  get changeTime(): ((mtime: number) => number) | undefined {
    const { date } = this.request;
    if (date === undefined || date.files === "keep") return undefined;
    return (mtime) => (date.files === "force" ? date.seconds : Math.min(mtime, date.seconds));
  }

  /** What of it counts for the cache. */
  get timeKey(): string | undefined {
    const { date } = this.request;
    return date === undefined || date.files === "keep" ? undefined : `${date.files} ${date.seconds}`;
  }

  /** What a stage will do; its base image is fetched for it. */
  plan(index: number): Promise<StagePlan> {
    let plan = this.#plans.get(index);
    if (plan === undefined) this.#plans.set(index, (plan = planStage(this, index)));
    return plan;
  }

  /** A stage, built once. */
  stage(index: number): Promise<FinishedStage> {
    let stage = this.#stages.get(index);
    if (stage === undefined) {
      this.#stages.set(index, (stage = this.#buildStage(index)));
      stage.catch((error: unknown) => {
        this.#failure ??= { error };
        this.#stopping.abort(error);
      });
    }
    return stage;
  }

  /** How progress names a step. */
  stepName(
    index: number,
    { step, steps, text, line }: Location & { step: number; steps: number; text: string },
  ): StepName {
    const { length } = this.request.containerfile.stages;
    const platform = this.#isOneOfMany ? { platform: this.request.platform } : {};
    return { stage: index + 1, stages: length, step, steps, text, line, ...platform };
  }

  /** How the cache tells a step from others. */
  markOf({ text, stage, step }: StepName): StepMark {
    const { home, containerfile } = this.request;
    return { text, place: `${home ?? containerfile.file} ${stage}/${step}` };
  }

  /** In a dry run: what a step needs of other stages that is not known. */
  async unknownFor(index: number, work: FileInstruction): Promise<string | undefined> {
    for (const needed of this.#stagesFor(index, work)) {
      const { unknown } = await this.stage(needed);
      if (unknown !== undefined) return unknown;
    }
    return undefined;
  }

  /** The files of an image that is built or in the store. */
  async tree({ layers }: Pick<ImageDraft, "layers">): Promise<Tree> {
    await this.bring(layers);
    return await this.#files.tree(layers);
  }

  /** Sees to it that layers which are known from a cache elsewhere are here. @throws {RemoteLayerLost} */
  async bring(layers: readonly BuiltLayer[]): Promise<void> {
    await this.tools.remote?.bring(layers);
  }

  /** A draft that begins with an image of the store, which is pulled when it is missing. */
  async openImage(name: string, platform: Platform = this.request.platform): Promise<ImageDraft> {
    const { store, openImage } = this.tools;
    const image = await openImage(name, platform);
    const { content } = store.images.readManifest(image);
    const draft = ImageDraft.from(store.images.readConfig(image), content.layers, platform);
    draft.annotations = annotationsAfter(content.annotations, image, name);
    return draft;
  }

  /** What `--build-context` gives that name, which then stands for no stage and no other image. */
  namedContext(name: string): NamedContext | undefined {
    return findNamedContext(this.request.contexts ?? new Map(), name);
  }

  /** Notes that a `--build-arg` was of use. */
  consume(name: string): void {
    this.#consumed.add(name);
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  /** The stage; when something fails, the first failure, after all that was begun has ended. */
  async #untilDone(index: number): Promise<FinishedStage> {
    try {
      return await this.stage(index);
    } catch (error) {
      await Promise.allSettled(this.#stages.values());
      throw this.#failure?.error ?? error;
    } finally {
      this.request.context.saveDigests?.();
    }
  }

  async #buildStage(index: number): Promise<FinishedStage> {
    const { request } = this;
    const isNamed = (name: string) => this.namedContext(name) !== undefined;
    await this.#begin(neededStages(request.containerfile.stages, index, isNamed));
    const plan = await this.plan(index);
    await this.#begin(plan.steps.flatMap(({ work }) => this.#stagesFor(index, work)));
    return new StageRun(this, plan).run();
  }

  /** Has other stages built; one after the other where one job is all there is. */
  async #begin(indices: readonly number[]): Promise<void> {
    for (const index of indices) {
      const stage = this.stage(index);
      if ((this.request.jobs ?? 1) === 1) await stage;
    }
  }

  /** The earlier stages that a step takes files from. */
  #stagesFor(index: number, work: FileInstruction | undefined): number[] {
    const { stages } = this.request.containerfile;
    return (work === undefined ? [] : fromsOf(work)).flatMap((name) =>
      name === "" || this.namedContext(name) !== undefined ? [] : (findStage(stages, name, index) ?? []),
    );
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
    await this.bring(draft.layers);
    return await writeImage(store, {
      config: draft.toImageConfig(this.request.date?.seconds),
      layers: draft.layers,
      annotations: this.request.inheritsAnnotations === false ? {} : draft.annotations,
      names,
    });
  }
}
