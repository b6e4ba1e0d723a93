import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { FileTree, indexLayer } from "@wherry/core/layer";
import {
  compressionOf,
  encodedOf,
  parseImageConfig,
  parseManifest,
  type ImageConfig,
} from "@wherry/core/oci";
import { LayeredTree } from "../../packages/build/src/builder/layered-tree.ts";
import { listing } from "../../packages/build/src/builder/testdata/listing.ts";

/** Tree and config of an image in a `dir:` folder. */
export async function readImage(
  folder: string,
): Promise<{ tree: Record<string, string>; config: object; image: ImageConfig; layers: number }> {
  const manifest = parseManifest(readFileSync(join(folder, "manifest.json")));
  assert.equal(manifest.kind, "image");
  const { config, layers } = manifest.content;
  const paths = layers.map(({ digest, mediaType }) => plain(join(folder, encodedOf(digest)), mediaType));
  const lists = await Promise.all(paths.map((path) => indexLayer(path, "none")));
  const fds = paths.map((path) => openSync(path, "r"));
  try {
    const tree = new LayeredTree(FileTree.merge(lists), (layer) => Promise.resolve(fds[layer] ?? -1));
    const image = parseImageConfig(readFileSync(join(folder, encodedOf(config.digest))));
    return { tree: await listing(tree), config: comparable(image), image, layers: layers.length };
  } finally {
    fds.forEach((fd) => closeSync(fd));
  }
}

/** The layer uncompressed, beside it where it is not. */
function plain(path: string, mediaType: string): string {
  if (compressionOf(mediaType) === "none") return path;
  writeFileSync(`${path}.tar`, gunzipSync(readFileSync(path)));
  return `${path}.tar`;
}

/** The config without what buildah writes of itself. */
function comparable({ config = {} }: ImageConfig): object {
  const known = [
    "Env",
    "Cmd",
    "Entrypoint",
    "ExposedPorts",
    "Volumes",
    "User",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "Shell",
    "Healthcheck",
    "OnBuild",
  ];
  const { ["io.buildah.version"]: _version, ...labels } = config.Labels ?? {};
  const fields = Object.entries({ ...config, Labels: labels }).filter(
    ([name, value]) =>
      known.includes(name) &&
      !(value === "" || (typeof value === "object" && Object.keys(value).length === 0)),
  );
  return Object.fromEntries(fields);
}
