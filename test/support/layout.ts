import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import {
  createManifest,
  digestOf,
  encodedOf,
  hostPlatform,
  MEDIA_TYPE,
  type ContainerConfig,
  type Descriptor,
  type Digest,
  type Manifest,
} from "@wherry/core/oci";

/**
 * Writes an OCI layout with one image, by GNU tar and zlib and not by the code under test.
 *
 * @param trees folders that become the layers, the lowest first; owners become 0:0. A path ending in `.tar` is taken as it is.
 */
export function writeLayout(
  layout: string,
  reference: string,
  trees: readonly string[],
  config: ContainerConfig = { Cmd: ["sh"], Env: ["PATH=/bin"] },
): Manifest {
  mkdirSync(join(layout, "blobs", "sha256"), { recursive: true });
  const layers = trees.map((tree) => packLayer(layout, tree));
  const rootfs = { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) };
  const history = layers.map((_, index) => ({
    created: "2001-09-09T01:46:40Z",
    created_by: `layer ${index}`,
  }));
  return writeImage(
    layout,
    reference,
    { ...hostPlatform(), config, rootfs, history },
    layers.map(({ descriptor }) => descriptor),
  );
}

/** Completes an OCI layout that has the layers of its one image: config, manifest and index. */
export function writeImage(
  layout: string,
  reference: string,
  config: object,
  layers: readonly Descriptor[],
): Manifest {
  const manifest = createManifest({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config: putBlob(layout, Buffer.from(JSON.stringify(config)), MEDIA_TYPE.ociConfig),
    layers,
  });
  putBlob(layout, manifest.bytes, MEDIA_TYPE.ociManifest);
  const named = { ...manifest.descriptor, annotations: { "org.opencontainers.image.ref.name": reference } };
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return manifest;
}

/** A root file system with a static busybox (package busybox-static): enough to run a shell. */
export function busyboxTree(folder: string): string {
  const tree = join(folder, "busybox-root");
  for (const part of ["bin", "etc", "tmp", "root", "dev", "proc", "sys"])
    mkdirSync(join(tree, part), { recursive: true });
  copyFileSync("/bin/busybox", join(tree, "bin", "busybox"));
  chmodSync(join(tree, "bin", "busybox"), 0o755);
  const { stdout } = spawnSync("/bin/busybox", ["--list"], { encoding: "utf8" });
  for (const applet of stdout.split("\n")) {
    if (applet !== "" && applet !== "busybox") symlinkSync("busybox", join(tree, "bin", applet));
  }
  writeFileSync(
    join(tree, "etc", "passwd"),
    "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice:/home/alice:/bin/sh\n",
  );
  writeFileSync(join(tree, "etc", "group"), "root:x:0:\nalice:x:1000:\nusers:x:100:alice\n");
  return tree;
}

function packLayer(layout: string, tree: string): { descriptor: Descriptor; diffId: Digest } {
  const tar = tree.endsWith(".tar") ? tree : join(layout, "layer.tar");
  if (tar !== tree) {
    run("tar", [
      "--create",
      "--owner=0",
      "--group=0",
      "--numeric-owner",
      "--sort=name",
      `--file=${tar}`,
      "-C",
      tree,
      ".",
    ]);
  }
  const content = readFileSync(tar);
  const diffId: Digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
  const descriptor = putBlob(layout, gzipSync(content, { level: 1 }), MEDIA_TYPE.ociLayerGzip);
  if (tar !== tree) rmSync(tar);
  return { descriptor, diffId };
}

function putBlob(layout: string, bytes: Uint8Array, mediaType: string): Descriptor {
  const digest = digestOf(bytes);
  writeFileSync(join(layout, "blobs", "sha256", encodedOf(digest)), bytes);
  return { mediaType, digest, size: bytes.length };
}

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with status ${String(status)}`);
}
