import { existsSync } from "node:fs";
import { goJson } from "@wherry/core/cli";
import type { Engine } from "@wherry/core/engine";
import type { TreeChange } from "@wherry/core/layer";

const JSON_KEYS = { A: "added", C: "changed", D: "deleted" } as const;

/** The changes that a directory in overlay's format makes to layers, as `diff` prints them. */
export async function showChanges(
  engine: Engine,
  tree: { readonly upper: string; readonly layers: readonly string[] },
  format: string | undefined,
): Promise<string> {
  const changes = existsSync(tree.upper)
    ? await (await engine.worker()).call<TreeChange[]>("listChanges", tree)
    : [];
  if (format === "json") {
    const groups: Record<string, string[]> = {};
    for (const { kind, path } of changes) (groups[JSON_KEYS[kind]] ??= []).push(path);
    return `${goJson(groups, "  ")}\n`;
  }
  return changes.map(({ kind, path }) => `${kind} ${path}\n`).join("");
}
