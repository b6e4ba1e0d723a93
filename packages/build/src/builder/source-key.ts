import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import type { TarContent } from "@wherry/core/layer";
import { filesOf, type CopySource } from "./copy-source.ts";
import { readRange } from "./spool.ts";
import type { KeyInput } from "./step-key.ts";

/** What of a source goes into a key: names, kinds, modes, content; no times. */
export function describe(source: CopySource, exclude: readonly string[]): KeyInput {
  const files = filesOf(source, exclude).map(({ path, relative, node }): KeyInput => [
    relative,
    node.type,
    node.mode,
    node.linkName ?? null,
    node.type === "file" ? contentDigest(source.tree.content(path)) : null,
  ]);
  return [source.name, source.parents, files];
}

function contentDigest(content: TarContent): string {
  if (typeof content !== "number")
    throw new Error("only files of the context are described by their content");
  const digest = createHash("sha256");
  try {
    for (const piece of readRange(content, 0)) digest.update(piece);
  } finally {
    closeSync(content);
  }
  return digest.digest("hex");
}
