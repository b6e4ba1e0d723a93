import { formatPlatform, type Digest, type Platform } from "@wherry/core/oci";

/** A step of a stage, as it is told of. */
export interface StepName {
  /** Number of the stage in the Containerfile, from 1. */
  readonly stage: number;
  readonly stages: number;
  /** Number of the step in its stage, from 1; FROM is the first. */
  readonly step: number;
  readonly steps: number;
  readonly text: string;
  readonly line: number;
  /** Only when several are built. */
  readonly platform?: Platform;
}

/** What happens in a build, in the order in which it happens; steps of one stage are told of in their order. */
export type BuildEvent =
  | { readonly type: "step"; readonly name: StepName }
  | {
      readonly type: "output";
      readonly name: StepName;
      readonly stream: "stdout" | "stderr";
      readonly text: string;
    }
  | {
      readonly type: "done";
      readonly name: StepName;
      /** What stands for the image so far: 64 hex digits. Undefined in a dry run, when it is not known. */
      readonly id?: string;
      readonly cached: boolean;
      /** Bytes of the layer the step made or found; undefined when it has none. */
      readonly size?: number;
      /** The diffID of that layer. */
      readonly layer?: Digest;
      /** How long it worked; undefined for what only changes the config. */
      readonly milliseconds?: number;
      /** Why it was not in the cache, where that was asked. */
      readonly reason?: string;
    }
  /** The last event of its stage. */
  | { readonly type: "failed"; readonly name: StepName }
  | { readonly type: "commit"; readonly title?: string; readonly platform?: Platform };

/** Who is told how a build goes on. */
export interface Progress {
  event(event: BuildEvent): void;
  warn(text: string): void;
}

/** What a step's command writes, as it comes. */
export interface StepOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Progress as the lines that buildah prints and scripts read; what commands write goes through as it is. Where stages go on
 * side by side, a step's line waits for its first output or its end, so that both stand together.
 */
export function plainProgress({
  line,
  output,
  warn,
}: {
  line: (text: string) => void;
  output: StepOutput;
  warn: (text: string) => void;
}): Progress {
  const waiting = new Set<StepName>();
  const tellOf = (name: StepName) => {
    if (waiting.delete(name)) line(stepLine(name));
  };
  return {
    warn,
    event(event) {
      switch (event.type) {
        case "step":
          waiting.add(event.name);
          if (event.name.stages === 1 || event.name.step === 1) tellOf(event.name);
          break;
        case "output":
          tellOf(event.name);
          if (event.stream === "stdout") output.out(event.text);
          else output.err(event.text);
          break;
        case "done":
          tellOf(event.name);
          if (event.reason !== undefined) line(`--> Cache miss: ${event.reason}`);
          if (event.id !== undefined)
            line(event.cached ? `--> Using cache ${event.id}` : `--> ${event.id.slice(0, 12)}`);
          break;
        case "failed":
          tellOf(event.name);
          break;
        case "commit":
          line(event.title === undefined ? "COMMIT" : `COMMIT ${event.title}`);
      }
    },
  };
}

/** `STEP 2/3: RUN make`, with the stage and the platform before it where there are several. */
export function stepLine({ stage, stages, step, steps, text, platform }: StepName): string {
  const place = [
    ...(platform === undefined ? [] : [formatPlatform(platform)]),
    ...(stages > 1 ? [`${stage}/${stages}`] : []),
  ].join(" ");
  return `${place === "" ? "" : `[${place}] `}STEP ${step}/${steps}: ${text}`;
}
