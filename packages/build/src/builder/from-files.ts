import { StepProblem } from "./errors.ts";
import type { ImageDraft } from "./image-draft.ts";
import { findStage } from "./stage-names.ts";
import type { StepContext } from "./step-context.ts";
import type { Tree } from "./tree.ts";

/** Files that an instruction takes from somewhere, as `--from` and the `from` of a mount name them. */
export interface FromFiles {
  readonly tree: () => Promise<Tree>;
  /** The image they are of; undefined for folders, whose files must go into a key one by one. */
  readonly image: ImageDraft | undefined;
  /** How messages call them. */
  readonly where: string;
  /** Says why a path is not there, when there is more to say than that. */
  readonly explainMissing?: ((path: string) => string | undefined) | undefined;
}

/** The build context. */
export function contextFiles({ build }: Pick<StepContext, "build">): FromFiles {
  const { context, explainMissing } = build.request;
  return {
    tree: () => Promise.resolve(context),
    image: undefined,
    where: "the build context",
    explainMissing,
  };
}

/**
 * Finds what a name stands for: a named context, else an earlier stage by name or number, else an image.
 *
 * @throws {StepProblem} for a stage that does not come before.
 */
export async function openFrom({ build, index }: StepContext, from: string): Promise<FromFiles> {
  const named = build.namedContext(from);
  if (named?.kind === "files") {
    const { tree, explainMissing } = await named.open();
    return { tree: () => Promise.resolve(tree), image: undefined, where: `context ${from}`, explainMissing };
  }
  const { stages } = build.request.containerfile;
  const earlier = named === undefined ? findStage(stages, from, index) : undefined;
  if (named === undefined && earlier === undefined && isStage(stages.slice(index), from))
    throw new StepProblem(
      `--from=${from} is not an earlier stage`,
      "stages may only copy from stages above them",
    );
  const image =
    earlier === undefined ? await build.openImage(named?.image ?? from) : (await build.stage(earlier)).draft;
  const where = earlier === undefined ? `image ${from}` : `stage ${from}`;
  return { tree: () => build.tree(image), image, where };
}

function isStage(stages: readonly { from: { name?: string } }[], text: string): boolean {
  return /^\d+$/.test(text) || stages.some(({ from }) => from.name === text.toLowerCase());
}
