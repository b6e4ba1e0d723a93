import { serveTasks } from "../userns/index.ts";
import type { ApplyLayerOptions, DiffLayerOptions, UnpackTreeOptions } from "../layer/index.ts";
import { giveTask, moveTreeTask, removeTreeTask, treeSizeTask } from "./worker-tasks.ts";

/** The program that runs inside the user namespace: all work on trees that hold files of subordinate users. */
serveTasks({
  applyLayer: async (input: ApplyLayerOptions) => (await import("../layer/index.ts")).applyLayer(input),
  diffLayer: async (input: DiffLayerOptions) => (await import("../layer/index.ts")).diffLayer(input),
  give: giveTask,
  listChanges: async (input: { upper: string; layers: readonly string[] }) =>
    (await import("../layer/index.ts")).listChangesTask(input),
  enterTree: async (input: { root: string }) => (await import("../layer/index.ts")).enterTreeTask(input),
  lookUp: async (input: { path: string }) => (await import("../layer/index.ts")).lookUpTask(input),
  packTree: async (input: { path: string; name: string }) =>
    (await import("../layer/index.ts")).packTreeTask(input),
  unpackTree: async (input: UnpackTreeOptions & { folder: string }) =>
    (await import("../layer/index.ts")).unpackTreeTask(input),
  moveTree: moveTreeTask,
  removeTree: removeTreeTask,
  treeSize: treeSizeTask,
});
