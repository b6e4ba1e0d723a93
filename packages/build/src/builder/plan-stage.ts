import { formatPlatform, parsePlatform, type Platform } from "@wherry/core/oci";
import {
  expandWord,
  parseTrigger,
  type Copy,
  type From,
  type Lookup,
  type Run,
  type Single,
  type StageInstruction,
} from "../containerfile/index.ts";
import type { Build } from "./build.ts";
import { StepProblem } from "./errors.ts";
import { expandInstruction } from "./expand-instruction.ts";
import { argvOf, changeConfig, DEFAULT_PATH, variableOf, type DraftConfig } from "./image-config.ts";
import { ImageDraft } from "./image-draft.ts";
import type { StepName } from "./progress.ts";
import { StageScope } from "./scope.ts";
import { findStage } from "./stage-names.ts";
import { atStep } from "./step-place.ts";

/** An instruction that makes files, with its variables replaced. */
export type FileInstruction = Copy | Run | (Single & { readonly kind: "WORKDIR" });

/** A step that is known, but not done: files decide nothing about the config, so it is computed before anything runs. */
export interface PlannedStep {
  readonly written: StageInstruction;
  readonly name: StepName;
  /** Its text in the history. */
  readonly createdBy: string;
  /** What makes its layer; undefined for a step that only changes the config. */
  readonly work?: FileInstruction;
  /** After the step. */
  readonly config: DraftConfig;
  readonly author: string | undefined;
  readonly scope: StageScope;
}

/** A stage whose steps are known. */
export interface StagePlan {
  readonly index: number;
  readonly platform: Platform;
  /** What it begins with: another stage, or an image without its ONBUILD triggers. */
  readonly base: { readonly stage: number } | { readonly draft: ImageDraft };
  readonly steps: readonly PlannedStep[];
  readonly config: DraftConfig;
  readonly author: string | undefined;
  readonly scope: StageScope;
}

/** Evaluates a stage's instructions, those of ONBUILD first, without doing any. Its base image is fetched for its config. */
export async function planStage(build: Build, index: number): Promise<StagePlan> {
  const { containerfile } = build.request;
  const stage = containerfile.stages[index];
  if (stage === undefined) throw new Error(`no stage ${index}`);
  const { from } = stage;
  const begun = await atStep(containerfile.file, from, () => new Beginning(build, index, from).begin());
  const triggers = await atStep(containerfile.file, from, () => takeTriggers(begun.config, from));
  const planner = new Planner(build, begun);
  const instructions = [...triggers, ...stage.instructions];
  const steps: PlannedStep[] = [];
  for (const written of instructions) {
    const name = build.stepName(index, {
      step: steps.length + 2,
      steps: instructions.length + 1,
      ...written,
    });
    steps.push(await atStep(containerfile.file, written, () => planner.plan(written, name)));
  }
  const { config, author, scope } = planner;
  return { index, platform: begun.platform, base: begun.base, steps, config, author, scope };
}

interface Begun {
  readonly platform: Platform;
  readonly base: StagePlan["base"];
  readonly config: DraftConfig;
  readonly author: string | undefined;
  readonly scope: StageScope;
}

/** What FROM means. */
class Beginning {
  readonly #build: Build;
  readonly #index: number;
  readonly #from: From;

  constructor(build: Build, index: number, from: From) {
    this.#build = build;
    this.#index = index;
    this.#from = from;
  }

  async begin(): Promise<Begun> {
    const { args, request } = this.#build;
    const image = this.#word(this.#from.image);
    if (image === "")
      throw new StepProblem(
        "the name of the base image is empty",
        "an ARG of it has no value: set it with --build-arg",
      );
    const named = this.#build.namedContext(image);
    if (named?.kind === "files")
      throw new StepProblem(
        `${image} is a context of files, not an image`,
        "copy from it: FROM scratch, then COPY --from=" + image + " . /",
      );
    const earlier =
      named === undefined
        ? findStage(request.containerfile.stages, image, this.#index, { numbers: false })
        : undefined;
    if (earlier !== undefined) return this.#beginWithStage(earlier);
    this.#tell();
    const scope = new StageScope(args.outer, args.globals);
    const platform = this.#platform() ?? request.platform;
    if (named === undefined && image.toLowerCase() === "scratch") {
      const draft = new ImageDraft(platform);
      return {
        platform,
        base: { draft },
        config: { Env: [`PATH=${DEFAULT_PATH}`] },
        author: undefined,
        scope,
      };
    }
    const draft = await this.#build.openImage(named?.image ?? image, platform);
    if (request.inheritsLabels === false) delete draft.config.Labels;
    return { platform: draft.platform, base: { draft }, config: draft.config, author: draft.author, scope };
  }

  async #beginWithStage(earlier: number): Promise<Begun> {
    const { args } = this.#build;
    const plan = await this.#build.plan(earlier);
    this.#tell();
    const platform = this.#platform();
    if (platform !== undefined && formatPlatform(platform) !== formatPlatform(plan.platform))
      throw new StepProblem(
        `stage ${this.#from.image} is for ${formatPlatform(plan.platform)}, not ${formatPlatform(platform)}`,
      );
    return {
      ...{ platform: plan.platform, base: { stage: earlier } },
      ...{ config: { ...plan.config }, author: plan.author },
      scope: new StageScope(args.outer, args.globals, plan.scope),
    };
  }

  /** The platform that FROM itself asks for. */
  #platform(): Platform | undefined {
    const text = this.#from.platform === undefined ? "" : this.#word(this.#from.platform);
    return text === "" ? undefined : parsePlatform(text);
  }

  #word(text: string): string {
    const { args, request } = this.#build;
    const { escape } = request.containerfile.directives;
    return expandWord(text, (name) => args.globals.lookup(name), { escape });
  }

  #tell(): void {
    const steps = (this.#build.request.containerfile.stages[this.#index]?.instructions.length ?? 0) + 1;
    const name = this.#build.stepName(this.#index, { ...this.#from, step: 1, steps });
    this.#build.tools.progress.event({ type: "step", name });
  }
}

function takeTriggers(config: DraftConfig, from: From): StageInstruction[] {
  const triggers = config.OnBuild ?? [];
  delete config.OnBuild;
  const { line, endLine, column } = from;
  return triggers.map((trigger) => ({
    ...parseTrigger(trigger, `ONBUILD of ${from.image}`),
    ...{ line, endLine, column },
  }));
}

/** Carries config, author and ARGs from instruction to instruction. */
class Planner {
  readonly #build: Build;
  readonly config: DraftConfig;
  readonly scope: StageScope;
  author: string | undefined;
  #cmdIsOwn = false;

  constructor(build: Build, { config, author, scope }: Begun) {
    this.#build = build;
    this.config = config;
    this.author = author;
    this.scope = scope;
  }

  plan(written: StageInstruction, name: StepName): PlannedStep {
    const { escape } = this.#build.request.containerfile.directives;
    const instruction = expandInstruction(written, this.#lookup, escape);
    const work = this.#change(instruction);
    return {
      ...{ written, name, createdBy: this.#textOf(written, instruction) },
      ...(work === undefined ? {} : { work }),
      ...{ config: { ...this.config }, author: this.author, scope: this.scope.fork() },
    };
  }

  /** Values of variables at this point: ENV before ARG. */
  #lookup: Lookup = (name) =>
    variableOf(this.config.Env ?? [], name) ??
    this.scope.lookup(name) ??
    (name === "PATH" ? DEFAULT_PATH : undefined);

  #change(instruction: StageInstruction): FileInstruction | undefined {
    switch (instruction.kind) {
      case "ARG":
        for (const { name, default: fallback } of instruction.args) this.#declare(name, fallback);
        return undefined;
      case "MAINTAINER":
        this.author = instruction.value;
        return undefined;
      case "COPY":
      case "ADD":
      case "RUN":
        return instruction;
      case "WORKDIR":
        changeConfig(this.config, instruction, this.#cmdIsOwn);
        return instruction as FileInstruction;
      default:
        changeConfig(this.config, instruction, this.#cmdIsOwn);
        if (instruction.kind === "CMD") this.#cmdIsOwn = true;
        return undefined;
    }
  }

  #declare(name: string, fallback: string | undefined): void {
    this.#build.args.consume(name);
    this.scope.declare(name, fallback);
    if (this.scope.lookup(name) === undefined)
      this.#build.tools.progress.warn(
        `missing ${JSON.stringify(name)} build argument. Try adding "--build-arg ${name}=<VALUE>" to the command line`,
      );
  }

  #textOf(written: StageInstruction, instruction: StageInstruction): string {
    return instruction.kind === "CMD" || instruction.kind === "ENTRYPOINT"
      ? `${instruction.kind} ${JSON.stringify(argvOf(instruction.command, this.config))}`
      : written.text;
  }
}
