import assert from "node:assert/strict";
import type { Tree } from "../tree.ts";

/** Everything in a tree but directories 755 of root that are not empty. */
export async function listing(tree: Tree, directory = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of tree.names(directory)) {
    const path = directory === "" ? name : `${directory}/${name}`;
    const node = tree.node(path);
    assert.ok(node);
    const facts = `${node.type[0]} ${node.mode.toString(8)} ${node.uid}:${node.gid}`.replace("s ", "l ");
    if (node.type === "directory") {
      if (facts !== "d 755 0:0" || tree.names(path).length === 0) found[path] = facts;
      Object.assign(found, await listing(tree, path));
    } else if (node.type === "symlink") found[path] = `l 777 ${node.uid}:${node.gid} ${node.linkName ?? ""}`;
    else if (node.size > 1000) found[path] = `${facts} (${node.size} bytes)`;
    else found[path] = `${facts} ${Buffer.from(await tree.bytes(path)).toString()}`;
  }
  return found;
}
