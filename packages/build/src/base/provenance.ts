import { createHash } from "node:crypto";
import { closeSync } from "node:fs";
import type { TarContent } from "@wherry/core/layer";
import type { LayerDraft } from "../builder/layer-draft.ts";
import { ROOT } from "../builder/owner.ts";
import { readRange } from "../builder/spool.ts";
import type { DpkgDatabase } from "./dpkg-packages.ts";
import { spdxDocument, type DescribedFile } from "./spdx.ts";

/** Where the image says of what it is made. */
const DOCUMENT = "var/lib/db/sbom/base.spdx.json";

export interface Origin {
  /** What it is: `debian bookworm`, `host`. */
  readonly name: string;
  /** ID of os-release(5), such as `debian`. */
  readonly vendor: string;
  readonly distribution?: string;
  /** Where its packages came from; no secret. */
  readonly sources?: string;
  readonly database: DpkgDatabase;
  /** Seconds. */
  readonly date: number;
}

/**
 * Adds to a layer an SPDX document of all that is in it, and gives the labels that sum it up. Of the packages only those
 * are named that have a file in the layer, or all where `database` is the layer's own.
 */
export async function describeBase(layer: LayerDraft, origin: Origin): Promise<Record<string, string>> {
  const { name, sources, database, date } = origin;
  const files = await describeFiles(layer, database);
  const owners = new Set(files.map(({ owner }) => owner));
  const isOwn = layer.node("var/lib/dpkg") !== undefined;
  const packages = database.packages.filter((each) => isOwn || owners.has(each));
  const document = Buffer.from(spdxDocument({ ...origin, packages, files }));
  layer.makeDirectories(DOCUMENT.slice(0, DOCUMENT.lastIndexOf("/")), ROOT);
  layer.add(
    DOCUMENT,
    { type: "file", mode: 0o644, ...ROOT, size: document.length, mtime: date },
    () => document,
  );
  const list = createHash("sha256").update(files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join(""));
  return {
    "io.wherry.base": name,
    ...(sources === undefined ? {} : { "io.wherry.base.sources": sources }),
    ...(packages.length === 0
      ? {}
      : { "io.wherry.base.packages": packages.map((each) => `${each.name}=${each.version}`).join(" ") }),
    "io.wherry.base.files": `${files.length} sha256:${list.digest("hex")}`,
    "io.wherry.base.sbom": `/${DOCUMENT}`,
  };
}

async function describeFiles(layer: LayerDraft, { ownerOf }: DpkgDatabase): Promise<DescribedFile[]> {
  const files: DescribedFile[] = [];
  await visit("");
  return files;

  async function visit(folder: string): Promise<void> {
    for (const name of layer.names(folder)) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const type = layer.node(path)?.type;
      if (type === "directory") await visit(path);
      if (type !== "file") continue;
      const owner = ownerOf(path);
      files.push({
        path,
        ...(await digests(layer.content(path))),
        ...(owner === undefined ? {} : { owner }),
      });
    }
  }
}

async function digests(content: TarContent): Promise<{ sha1: string; sha256: string }> {
  const [sha1, sha256] = [createHash("sha1"), createHash("sha256")];
  const add = (piece: Uint8Array): void => {
    sha1.update(piece);
    sha256.update(piece);
  };
  if (typeof content === "number") {
    try {
      for (const piece of readRange(content, 0)) add(piece);
    } finally {
      closeSync(content);
    }
  } else if (content instanceof Uint8Array) add(content);
  else if ("path" in content) throw new Error("layers give no paths");
  else for await (const piece of content) add(piece);
  return { sha1: sha1.digest("hex"), sha256: sha256.digest("hex") };
}
