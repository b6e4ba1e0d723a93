import { LayerDraft } from "./layer-draft.ts";
import { resolveOwner, ROOT } from "./owner.ts";
import type { StepResult } from "./step-cache.ts";
import type { StepContext } from "./step-context.ts";
import { stepKey } from "./step-key.ts";
import { writeLayer } from "./write-layer.ts";

/** Makes the working directory, owned by the current USER, if it is not there: a layer of its own. */
export async function workdirStep(stage: StepContext): Promise<StepResult> {
  const { build, draft } = stage;
  const { WorkingDir = "/", User } = draft.config;
  const key = stepKey({
    op: "WORKDIR",
    parent: draft.contentId,
    path: WorkingDir,
    user: User,
    timestamp: build.timeKey,
  });
  return stage.cached(key, async () => {
    const tree = await build.tree(draft);
    const owner = User === undefined || User === "" ? ROOT : await resolveOwner(User, tree);
    const layer = new LayerDraft(tree, { mtime: draft.date });
    layer.makeDirectories(WorkingDir, owner);
    const written = await writeLayer(layer, build.tools.store, build.changeTime);
    return { date: draft.date, ...(written === undefined ? {} : { layer: written }) };
  });
}
