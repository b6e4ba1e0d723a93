import { hostPlatform } from "@wherry/core/oci";
import type { Build } from "./build.ts";
import { copyStep } from "./copy-step.ts";
import { ImageDraft } from "./image-draft.ts";
import type { FileInstruction, PlannedStep, StagePlan } from "./plan-stage.ts";
import { runStep } from "./run-step.ts";
import { checkRunnable } from "./runnable.ts";
import type { StageScope } from "./scope.ts";
import type { StepContext } from "./step-context.ts";
import { atStep } from "./step-place.ts";
import type { DoneStep } from "./step-runner.ts";
import { workdirStep } from "./workdir-step.ts";

/** A stage whose steps are all done. */
export interface FinishedStage {
  readonly draft: ImageDraft;
  readonly scope: StageScope;
}

/** The files of an image between two steps. */
type Files = Pick<ImageDraft, "layers" | "date">;

/** Does the steps of a stage, each as soon as what it needs is there, and tells of them in their order. */
export class StageRun {
  readonly #build: Build;
  readonly #plan: StagePlan;
  #filesAreCached = true;
  #lastWasCached = false;

  constructor(build: Build, plan: StagePlan) {
    this.#build = build;
    this.#plan = plan;
  }

  async run(): Promise<FinishedStage> {
    const { steps, scope } = this.#plan;
    const { signal } = this.#build.tools;
    const draft = await this.#begin();
    const running = this.#start(draft);
    for (const [number, step] of steps.entries()) {
      signal?.throwIfAborted();
      await this.#finish(draft, step, running[number]);
    }
    return { draft, scope };
  }

  /** The image it begins with. */
  async #begin(): Promise<ImageDraft> {
    const { base } = this.#plan;
    const draft = ("stage" in base ? (await this.#build.stage(base.stage)).draft : base.draft).fork();
    draft.config = { ...draft.config };
    return draft;
  }

  /** Starts all steps that make files. Each waits for the one before it; COPY --link needs no files but its sources. */
  #start(base: ImageDraft): (Promise<DoneStep> | undefined)[] {
    let before: Promise<Files> = Promise.resolve({ layers: base.layers, date: base.date });
    return this.#plan.steps.map((step) => {
      const { work } = step;
      if (work === undefined) return undefined;
      const needed = "link" in work && work.link ? Promise.resolve({ layers: [], date: 0 }) : before;
      const done = needed.then((files) => this.#do(step, work, files));
      before = Promise.all([before, done]).then(([files, { result }]) => filesAfter(files, result));
      done.catch(() => undefined); // seen when its turn to be told of comes
      before.catch(() => undefined);
      return done;
    });
  }

  async #do(step: PlannedStep, work: FileInstruction, files: Files): Promise<DoneStep> {
    const build = this.#build;
    const { name, scope, written } = step;
    const draft = new ImageDraft(this.#plan.platform);
    Object.assign(draft, { ...files, config: { ...step.config }, author: step.author });
    const tell = (stream: "stdout" | "stderr", text: string) =>
      build.tools.progress.event({ type: "output", name, stream, text });
    let done: DoneStep | undefined;
    const context: StepContext = {
      ...{ build, index: this.#plan.index, draft, scope },
      output: { out: (text) => tell("stdout", text), err: (text) => tell("stderr", text) },
      cached: async (key, make) => {
        done = await build.steps.run(key, make);
        return done.result;
      },
    };
    const result = await atStep(build.request.containerfile.file, written, () => carryOut(context, work));
    return { cached: false, ...done, result };
  }

  /** Waits for a step, notes it in the image, and tells of it. */
  async #finish(draft: ImageDraft, step: PlannedStep, running: Promise<DoneStep> | undefined): Promise<void> {
    const { progress } = this.#build.tools;
    progress.event({ type: "step", name: step.name });
    const done = await this.#result(step, running);
    draft.config = { ...step.config };
    draft.author = step.author;
    draft.date = Math.max(draft.date, done?.result.date ?? 0);
    const layer = done?.result.layer;
    draft.record(step.createdBy, layer);
    if (done !== undefined) {
      this.#lastWasCached = done.cached;
      this.#filesAreCached &&= done.cached;
    }
    progress.event({
      ...{ type: "done", name: step.name, id: draft.stepId },
      // a step that only changes the config counts as cached while all before it that made files were
      cached: done?.cached ?? (this.#lastWasCached && this.#filesAreCached),
      ...(layer === undefined ? {} : { size: layer.descriptor.size }),
      ...(done?.milliseconds === undefined ? {} : { milliseconds: done.milliseconds }),
    });
  }

  async #result(
    { name }: PlannedStep,
    running: Promise<DoneStep> | undefined,
  ): Promise<DoneStep | undefined> {
    try {
      return await running;
    } catch (error) {
      this.#build.tools.progress.event({ type: "failed", name });
      throw error;
    }
  }
}

function carryOut(context: StepContext, work: FileInstruction) {
  switch (work.kind) {
    case "RUN":
      checkRunnable(context.draft.platform, hostPlatform());
      return runStep(context, work);
    case "WORKDIR":
      return workdirStep(context);
    default:
      return copyStep(context, work);
  }
}

function filesAfter({ layers, date }: Files, result: DoneStep["result"]): Files {
  return {
    layers: result.layer === undefined ? layers : [...layers, result.layer],
    date: Math.max(date, result.date),
  };
}
