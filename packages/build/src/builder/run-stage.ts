import { hostPlatform } from "@wherry/core/oci";
import type { Build } from "./build.ts";
import { copyStep } from "./copy-step.ts";
import { ImageDraft } from "./image-draft.ts";
import type { FileInstruction, PlannedStep, StagePlan } from "./plan-stage.ts";
import { stepLine, type StepName } from "./progress.ts";
import { runStep } from "./run-step.ts";
import { checkRunnable } from "./runnable.ts";
import type { StageScope } from "./scope.ts";
import type { StepContext } from "./step-context.ts";
import { atStep } from "./step-place.ts";
import { NotMade, type DoneStep } from "./step-runner.ts";
import { workdirStep } from "./workdir-step.ts";

/** A stage whose steps are all done. */
export interface FinishedStage {
  readonly draft: ImageDraft;
  readonly scope: StageScope;
  /** In a dry run: the first step that would be done, from which on the files are not known. */
  readonly unknown?: string;
}

/** The files of an image between two steps. */
type Files = Pick<ImageDraft, "layers" | "date"> & Unknown;

interface Unknown {
  readonly unknown?: string;
}

type Outcome = DoneStep & Unknown;

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
    const { steps, scope, base } = this.#plan;
    const { signal } = this.#build.tools;
    const begun: Pick<FinishedStage, "draft"> & Unknown =
      "stage" in base ? await this.#build.stage(base.stage) : base;
    const draft = begun.draft.fork();
    let { unknown } = begun;
    const running = this.#start(draft, unknown);
    for (const [number, step] of steps.entries()) {
      signal?.throwIfAborted();
      unknown = await this.#finish(draft, step, running[number], unknown);
    }
    return { draft, scope, ...(unknown === undefined ? {} : { unknown }) };
  }

  /** Starts all steps that make files. Each waits for the one before it; COPY --link needs no files but its sources. */
  #start({ layers, date }: ImageDraft, unknown?: string): (Promise<Outcome> | undefined)[] {
    let before: Promise<Files> = Promise.resolve({
      ...{ layers, date },
      ...(unknown === undefined ? {} : { unknown }),
    });
    return this.#plan.steps.map((step) => {
      const { work } = step;
      if (work === undefined) return undefined;
      const needed = "link" in work && work.link ? Promise.resolve({ layers: [], date: 0 }) : before;
      const done = needed.then((files) => this.#do(step, work, files));
      before = Promise.all([before, done]).then(([files, outcome]) => filesAfter(files, outcome));
      done.catch(() => undefined); // seen when its turn to be told of comes
      before.catch(() => undefined);
      return done;
    });
  }

  async #do(step: PlannedStep, work: FileInstruction, { layers, date, unknown }: Files): Promise<Outcome> {
    const build = this.#build;
    const { name, scope, written } = step;
    const missing = unknown ?? (await build.unknownFor(this.#plan.index, work));
    if (missing !== undefined)
      return { result: { date: 0 }, cached: false, reason: `it needs ${missing}`, unknown: missing };
    const draft = new ImageDraft(this.#plan.platform);
    Object.assign(draft, { layers, date, config: { ...step.config }, author: step.author });
    const tell = (stream: "stdout" | "stderr", text: string) =>
      build.tools.progress.event({ type: "output", name, stream, text });
    let done: DoneStep | undefined;
    const context: StepContext = {
      ...{ build, index: this.#plan.index, draft, scope },
      output: { out: (text) => tell("stdout", text), err: (text) => tell("stderr", text) },
      cached: async (key, make, byContent) => {
        const mark = build.markOf(name);
        done = await build.steps.run({ mark, key, make, ...(byContent === undefined ? {} : { byContent }) });
        return done.result;
      },
    };
    try {
      const result = await atStep(build.request.containerfile.file, written, () => carryOut(context, work));
      return { cached: false, ...done, result };
    } catch (error) {
      if (!(error instanceof NotMade)) throw error;
      const { reason } = error;
      return { result: { date: 0 }, cached: false, reason, unknown: `what ${stepLine(name)} makes` };
    }
  }

  /** Waits for a step, notes it in the image, and tells of it. Gives what is not known after it. */
  async #finish(
    draft: ImageDraft,
    { name, config, author, createdBy }: PlannedStep,
    running: Promise<Outcome> | undefined,
    unknown: string | undefined,
  ): Promise<string | undefined> {
    const { progress } = this.#build.tools;
    progress.event({ type: "step", name });
    const done = await this.#result(name, running);
    Object.assign(draft, { config: { ...config }, author });
    draft.date = Math.max(draft.date, done?.result.date ?? 0);
    const layer = done?.result.layer;
    draft.record(createdBy, layer, this.#build.request.date?.seconds);
    if (done !== undefined) {
      this.#lastWasCached = done.cached;
      this.#filesAreCached &&= done.cached;
    }
    const isUnknown = unknown ?? done?.unknown;
    progress.event({
      ...{ type: "done", name },
      ...(isUnknown === undefined ? { id: draft.stepId } : {}),
      // a step that only changes the config counts as cached while all before it that made files were
      cached: done?.cached ?? (this.#lastWasCached && this.#filesAreCached),
      ...(layer === undefined ? {} : { size: layer.descriptor.size, layer: layer.diffId }),
      ...(done?.milliseconds === undefined ? {} : { milliseconds: done.milliseconds }),
      ...(done?.reason === undefined ? {} : { reason: done.reason }),
    });
    return isUnknown;
  }

  async #result(name: StepName, running: Promise<Outcome> | undefined): Promise<Outcome | undefined> {
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

function filesAfter(before: Files, { result, unknown = before.unknown }: Outcome): Files {
  return {
    layers: result.layer === undefined ? before.layers : [...before.layers, result.layer],
    date: Math.max(before.date, result.date),
    ...(unknown === undefined ? {} : { unknown }),
  };
}
