import { parsePlatform, type Digest } from "@wherry/core/oci";
import { WherryError } from "@wherry/core/error";
import {
  ContainerfileError,
  expandWord,
  parseTrigger,
  SyntaxProblem,
  type From,
  type Lookup,
  type Stage,
  type StageInstruction,
} from "../containerfile/index.ts";
import type { Build } from "./build.ts";
import { checkPlatform } from "./check-platform.ts";
import { copyStep } from "./copy-step.ts";
import { StepError, StepProblem } from "./errors.ts";
import { expandInstruction } from "./expand-instruction.ts";
import { argvOf, changeConfig, DEFAULT_PATH, variableOf, type ConfigInstruction } from "./image-config.ts";
import { ImageDraft } from "./image-draft.ts";
import { runStep } from "./run-step.ts";
import { StageScope } from "./scope.ts";
import { findStage } from "./stage-names.ts";
import type { StepResult } from "./step-cache.ts";
import { workdirStep } from "./workdir-step.ts";

/** A stage whose steps are all done. */
export interface FinishedStage {
  readonly draft: ImageDraft;
  readonly scope: StageScope;
}

/** Builds one stage, step by step. */
export class StageBuild {
  readonly build: Build;
  readonly index: number;
  readonly stage: Stage;
  draft: ImageDraft;
  scope: StageScope;
  #cmdIsOwn = false;
  #stepsAreCached = true;
  #lastWasCached = false;

  constructor(build: Build, index: number) {
    const stage = build.request.containerfile.stages[index];
    if (stage === undefined) throw new Error(`no stage ${index}`);
    this.build = build;
    this.index = index;
    this.stage = stage;
    this.draft = new ImageDraft(build.request.platform);
    this.scope = new StageScope(build.outerArgs, build.globals);
  }

  async run(): Promise<FinishedStage> {
    const { from } = this.stage;
    let step = 1;
    let total = this.stage.instructions.length + 1;
    this.#announce(step, total, from.text);
    await this.#during(from, () => this.#begin(from));
    const triggers = await this.#during(from, () => Promise.resolve(this.#takeTriggers(from)));
    const instructions = [...triggers, ...this.stage.instructions];
    total = instructions.length + 1;
    for (const instruction of instructions) {
      this.build.tools.signal?.throwIfAborted();
      this.#announce(++step, total, instruction.text);
      await this.#during(instruction, () => this.#execute(instruction));
      const id = this.draft.stepId;
      const cached = this.#wasCached(instruction);
      this.build.tools.progress.line(cached ? `--> Using cache ${id}` : `--> ${id.slice(0, 12)}`);
    }
    return { draft: this.draft, scope: this.scope };
  }

  /** Values of variables at this point: ENV before ARG. */
  lookup: Lookup = (name) =>
    variableOf(this.draft.config.Env ?? [], name) ??
    this.scope.lookup(name) ??
    (name === "PATH" ? DEFAULT_PATH : undefined);

  /** Gives the result of a step out of the cache, or makes and keeps it. */
  async cached(key: Digest, make: () => Promise<StepResult>): Promise<StepResult> {
    const { cache } = this.build;
    const known = cache.find(key);
    this.#lastWasCached = known !== undefined;
    this.#stepsAreCached &&= this.#lastWasCached;
    if (known !== undefined) return known;
    const result = await make();
    cache.save(key, result);
    return result;
  }

  async #begin(from: From): Promise<void> {
    const { build, index } = this;
    const { containerfile, platform } = build.request;
    const word = (text: string) =>
      expandWord(text, (name) => build.globals.lookup(name), { escape: containerfile.directives.escape });
    if (from.platform !== undefined) checkPlatform(parsePlatform(word(from.platform)), platform);
    const image = word(from.image);
    if (image === "")
      throw new StepProblem(
        "the name of the base image is empty",
        "an ARG of it has no value: set it with --build-arg",
      );
    if (image.toLowerCase() === "scratch") {
      this.draft.config.Env = [`PATH=${DEFAULT_PATH}`];
      return;
    }
    const earlier = findStage(containerfile.stages, image, index, { numbers: false });
    if (earlier !== undefined) {
      const { draft, scope } = await build.stage(earlier);
      this.draft = draft.fork();
      this.scope = new StageScope(build.outerArgs, build.globals, scope);
      return;
    }
    this.draft = await build.openImage(image);
  }

  #takeTriggers(from: From): StageInstruction[] {
    const triggers = this.draft.config.OnBuild ?? [];
    delete this.draft.config.OnBuild;
    const { line, endLine, column } = from;
    return triggers.map((trigger) => ({
      ...parseTrigger(trigger, `ONBUILD of ${from.image}`),
      line,
      endLine,
      column,
    }));
  }

  async #execute(written: StageInstruction): Promise<void> {
    const { draft, build } = this;
    const instruction = expandInstruction(
      written,
      this.lookup,
      build.request.containerfile.directives.escape,
    );
    switch (instruction.kind) {
      case "ARG":
        for (const { name, default: fallback } of instruction.args) {
          build.consume(name);
          this.scope.declare(name, fallback);
          if (this.scope.lookup(name) === undefined)
            build.tools.progress.warn(
              `missing ${JSON.stringify(name)} build argument. Try adding "--build-arg ${name}=<VALUE>" to the command line`,
            );
        }
        draft.record(written.text);
        return;
      case "MAINTAINER":
        draft.author = instruction.value;
        draft.record(written.text);
        return;
      case "COPY":
      case "ADD":
        this.#finish(written, await copyStep(this, instruction));
        return;
      case "RUN":
        this.#finish(written, await runStep(this, instruction));
        return;
      case "WORKDIR":
        changeConfig(draft.config, instruction, this.#cmdIsOwn);
        this.#finish(written, await workdirStep(this));
        return;
      default:
        this.#configure(instruction, written);
    }
  }

  #configure(instruction: Exclude<ConfigInstruction, { kind: "WORKDIR" }>, written: StageInstruction): void {
    changeConfig(this.draft.config, instruction, this.#cmdIsOwn);
    if (instruction.kind === "CMD") this.#cmdIsOwn = true;
    const text =
      instruction.kind === "CMD" || instruction.kind === "ENTRYPOINT"
        ? `${instruction.kind} ${JSON.stringify(argvOf(instruction.command, this.draft.config))}`
        : written.text;
    this.draft.record(text);
  }

  #finish({ text }: StageInstruction, { layer, date }: StepResult): void {
    this.draft.date = Math.max(this.draft.date, date);
    this.draft.record(text, layer);
  }

  /** A step that only changes the config counts as cached while all before it that made files were. */
  #wasCached({ kind }: StageInstruction): boolean {
    const makesFiles = kind === "COPY" || kind === "ADD" || kind === "RUN" || kind === "WORKDIR";
    return makesFiles ? this.#lastWasCached : this.#lastWasCached && this.#stepsAreCached;
  }

  #announce(step: number, total: number, text: string): void {
    const { length } = this.build.request.containerfile.stages;
    const stage = length > 1 ? `[${this.index + 1}/${length}] ` : "";
    this.build.tools.progress.line(`${stage}STEP ${step}/${total}: ${text}`);
  }

  /** Runs a part of an instruction; what goes wrong is reported with its place. */
  async #during<Result>(instruction: From | StageInstruction, work: () => Promise<Result>): Promise<Result> {
    const { file } = this.build.request.containerfile;
    try {
      return await work();
    } catch (error) {
      if (error instanceof SyntaxProblem) throw new ContainerfileError(file, instruction, error.message);
      if (error instanceof StepProblem)
        throw new StepError(
          file,
          instruction,
          error.message,
          error.hint === undefined ? {} : { hint: error.hint },
        );
      if (
        error instanceof StepError ||
        error instanceof ContainerfileError ||
        !(error instanceof WherryError)
      )
        throw error;
      throw new StepError(file, instruction, error.message, {
        cause: error,
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      });
    }
  }
}
