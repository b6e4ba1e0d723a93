import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import type { TarContent } from "@wherry/core/layer";
import { filesOf, join, type CopySource } from "./copy-source.ts";
import { readRange } from "./spool.ts";
import type { KeyInput } from "./step-key.ts";
import type { Tree } from "./tree.ts";

/** What of files that are copied goes into a key: names, kinds, modes, owners, links, content; no times. */
export async function describeSources(
  sources: readonly CopySource[],
  exclude: readonly string[],
): Promise<KeyInput> {
  const described: KeyInput[] = [];
  for (const source of sources) described.push(await describeSource(source, exclude));
  return described;
}

async function describeSource(source: CopySource, exclude: readonly string[]): Promise<KeyInput> {
  const files = Object.create(null) as Record<string, string>;
  const firstNames = new Map<string, string>();
  for (const { path, relative, node } of filesOf(source, exclude)) {
    const first = node.identity === undefined ? undefined : firstNames.get(node.identity);
    if (node.identity !== undefined && first === undefined) firstNames.set(node.identity, relative);
    files[relative === "" ? source.name : join(source.name, relative)] = [
      node.type,
      node.mode.toString(8),
      ...(node.uid === 0 && node.gid === 0 ? [] : [`${node.uid}:${node.gid}`]),
      ...(node.xattrs === undefined ? [] : [attributesOf(node.xattrs)]),
      ...(node.linkName === undefined ? [] : [node.linkName]),
      ...(first === undefined ? [] : [`= ${first}`]),
      ...(node.type === "file" && first === undefined ? [await digestOf(source.tree, path)] : []),
    ].join(" ");
  }
  return { name: source.name, parents: source.parents, files };
}

function attributesOf(xattrs: ReadonlyMap<string, Uint8Array>): string {
  return [...xattrs]
    .map(([name, value]) => `${name}=${Buffer.from(value).toString("hex")}`)
    .sort()
    .join(",");
}

async function digestOf(tree: Tree, path: string): Promise<string> {
  return tree.digest?.(path) ?? (await contentDigest(tree.content(path)));
}

/** The sha256 of a content in hex; a file descriptor is closed. */
export async function contentDigest(content: TarContent): Promise<string> {
  const digest = createHash("sha256");
  if (typeof content === "number") {
    try {
      for (const piece of readRange(content, 0)) digest.update(piece);
    } finally {
      closeSync(content);
    }
  } else if (content instanceof Uint8Array) digest.update(content);
  else if ("path" in content) throw new Error("trees give no paths");
  else for await (const piece of content) digest.update(piece);
  return digest.digest("hex");
}
