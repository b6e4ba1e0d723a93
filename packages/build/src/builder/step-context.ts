import type { Build } from "./build.ts";
import type { ImageDraft } from "./image-draft.ts";
import type { StepOutput } from "./progress.ts";
import type { StageScope } from "./scope.ts";
import type { StepResult } from "./step-cache.ts";
import type { StepKey } from "./step-key.ts";

/** A step that makes files, at its turn: what the code of an instruction works with. */
export interface StepContext {
  readonly build: Build;
  /** Number of its stage, from 0. */
  readonly index: number;
  /** The image before the step, with the config as it is at this point. The step leaves it as it is. */
  readonly draft: ImageDraft;
  /** The ARGs declared before it. */
  readonly scope: StageScope;
  /** Takes what its command writes. */
  readonly output: StepOutput;
  /**
   * Gives the result of the step out of the cache, or makes and keeps it. Stages and images that are needed are waited for
   * before, never in `make`, which runs when a job is free.
   *
   * @param byContent a second key, of nothing but the content that is used: asked for when the first is not known, as
   *   where files come from an image of which only some are used
   */
  cached(
    key: StepKey,
    make: () => Promise<StepResult>,
    byContent?: () => Promise<StepKey>,
  ): Promise<StepResult>;
}
