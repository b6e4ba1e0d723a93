import { join } from "node:path";
import { hostPlatform, type Platform } from "@wherry/core/oci";
import type { Reference } from "@wherry/core/reference";
import type { StoredImage } from "@wherry/core/store";
import type { Location } from "../containerfile/index.ts";
import { annotationsAfter } from "./base-annotations.ts";
import { changedTime } from "./file-times.ts";
import { GivenArgs } from "./given-args.ts";
import { ImageDraft, type BuiltLayer } from "./image-draft.ts";
import { JobSlots } from "./job-slots.ts";
import { LayerFiles } from "./layer-files.ts";
import { findNamedContext, type NamedContext } from "./named-context.ts";
import { planStage, type FileInstruction, type StagePlan } from "./plan-stage.ts";
import type { StepName } from "./progress.ts";
import type { BuildRequest, BuildTools } from "./request.ts";
import { StageRun, type FinishedStage } from "./run-stage.ts";
import { builtInArgs } from "./scope.ts";
import { findStage, fromsOf, neededStages, targetStage } from "./stage-names.ts";
import { StepCache, type StepMark } from "./step-cache.ts";
import { StepLocks } from "./step-lock.ts";
import { StepRunner } from "./step-runner.ts";
import type { Tree } from "./tree.ts";
import { writeImage } from "./write-image.ts";

/** One build: what its stages share. */
export class Build implements Disposable {
  readonly request: BuildRequest;
  readonly tools: BuildTools;
  readonly args: GivenArgs;
  readonly cache: StepCache;
  readonly steps: StepRunner;
  readonly #files: LayerFiles;
  readonly #plans = new Map<number, Promise<StagePlan>>();
  readonly #stages = new Map<number, Promise<FinishedStage>>();
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
    this.args = new GivenArgs({
      given: request.buildArgs ?? new Map(),
      builtIn: builtInArgs({
        ...{ target: request.platform, build: hostPlatform(), stage: request.target },
        epoch: request.date?.files === "force" ? undefined : request.date?.seconds,
      }),
    });
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
    this.args.declareGlobals(containerfile);
    const index = targetStage(containerfile.stages, target);
    const finished = await this.#untilDone(
      index,
      this.request.buildsUnused === true ? [...Array(index).keys()] : [],
    );
    this.cache.noteUse();
    const unused = this.args.unused();
    if (unused.length > 0)
      this.tools.progress.warn(`one or more build args were not consumed: [${unused.join(" ")}]`);
    return finished;
  }

  /** The time of a file in a new layer, where one was asked for. */
  get changeTime(): ((mtime: number) => number) | undefined {
    return changedTime(this.request.date);
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
    const found = await openImage(name, platform);
    const { image } = found;
    const { content } = store.images.readManifest(image);
    const draft = ImageDraft.from(store.images.readConfig(image), content.layers, platform);
    draft.annotations = annotationsAfter(content.annotations, found);
    return draft;
  }

  /** What `--build-context` gives that name, which then stands for no stage and no other image. */
  namedContext(name: string): NamedContext | undefined {
    return findNamedContext(this.request.contexts ?? new Map(), name);
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }

  /** The stage, when the others are done too; when something fails, the first failure, after all that was begun has ended. */
  async #untilDone(index: number, others: readonly number[]): Promise<FinishedStage> {
    try {
      await this.#begin(others);
      const finished = await this.stage(index);
      await Promise.all(others.map((other) => this.stage(other)));
      return finished;
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
