import { serveTasks } from "../userns/index.ts";
import type { ApplyLayerOptions, DiffLayerOptions } from "../layer/index.ts";
import { giveTask, moveTreeTask, removeTreeTask, treeSizeTask } from "./worker-tasks.ts";

/** The program that runs inside the user namespace: all work on trees that hold files of subordinate users. */
serveTasks({
  applyLayer: async (input: ApplyLayerOptions) => (await import("../layer/index.ts")).applyLayer(input),
  diffLayer: async (input: DiffLayerOptions) => (await import("../layer/index.ts")).diffLayer(input),
  give: giveTask,
  moveTree: moveTreeTask,
  removeTree: removeTreeTask,
  treeSize: treeSizeTask,
});
