import { filesOf, join, type CopySource } from "./copy-source.ts";
import { StepProblem } from "./errors.ts";
import type { ModeChange } from "./file-mode.ts";
import type { LayerDraft } from "./layer-draft.ts";
import { ROOT, type Owner } from "./owner.ts";
import { resolvePath, type TreeNode } from "./tree.ts";

export interface CopyOptions {
  /** Absolute. A slash, or `/.`, at its end says that it is a directory. */
  readonly destination: string;
  /** Given by `--chown`: owner of all that is copied, and of directories made for it. */
  readonly owner?: Owner;
  /** Given by `--chmod`. */
  readonly mode?: ModeChange;
  /** Time of directories, in seconds; default the one they have. */
  readonly directoryTime?: number;
  /** Patterns of `--exclude`, relative to each source. */
  readonly exclude?: readonly string[];
}

/**
 * Copies files into a layer as BuildKit does: of a directory its contents, merged with what is there; a file into a
 * directory that exists or whose name ends in a slash, else to that very name. Links in the destination are followed
 * inside the image.
 *
 * @throws {StepProblem}
 */
export function copyInto(draft: LayerDraft, sources: readonly CopySource[], options: CopyOptions): void {
  const { destination, owner = ROOT, exclude } = options;
  const target = targetOf(draft, sources, options);
  for (const source of sources) {
    const [top, ...below] = filesOf(source, exclude);
    if (top === undefined) continue;
    if (top.node.type === "directory") {
      const directory = draft.makeDirectories(
        join(target.path, join(source.parents, source.parents === "" ? "" : source.name)),
        owner,
      );
      for (const { path, relative, node } of top.relative === "" ? below : [top, ...below])
        draft.add(join(directory, relative), changed(source, path, node, options), () =>
          source.tree.content(path),
        );
      continue;
    }
    const directory = target.isDirectory
      ? draft.makeDirectories(join(target.path, source.parents), owner)
      : draft.makeDirectories(target.path.split("/").slice(0, -1).join("/"), owner);
    const name = target.isDirectory ? source.name : target.path.split("/").at(-1);
    if (name === undefined || name === "") throw new StepProblem(`cannot copy a file over ${destination}`);
    draft.add(join(directory, name), changed(source, top.path, top.node, options), () =>
      source.tree.content(top.path),
    );
  }
}

function targetOf(
  draft: LayerDraft,
  sources: readonly CopySource[],
  { destination }: CopyOptions,
): { path: string; isDirectory: boolean } {
  const path = resolvePath(draft, destination);
  const existing = draft.node(path);
  const named = /(?:^|\/)\.?$/.test(destination) || sources.some(({ parents }) => parents !== "");
  const isDirectory = named || existing?.type === "directory";
  if (!isDirectory && sources.length > 1)
    throw new StepProblem(
      `${sources.length} sources, but the destination ${destination} is not a directory`,
      `end it with a slash: ${destination}/`,
    );
  return { path, isDirectory };
}

function changed(
  source: CopySource,
  path: string,
  node: TreeNode,
  { owner, mode, directoryTime }: CopyOptions,
): TreeNode {
  const isDirectory = node.type === "directory";
  return {
    ...node,
    ...(isDirectory && directoryTime !== undefined ? { mtime: directoryTime } : {}),
    ...(owner ?? {}),
    ...(mode === undefined || node.type === "symlink" ? {} : { mode: mode(node.mode, isDirectory) }),
    ...(node.identity === undefined ? {} : { identity: `${source.name}:${node.identity}` }),
  };
}
