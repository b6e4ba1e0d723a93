import { createHash, randomFillSync } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import {
  createManifest,
  digestOf,
  encodedOf,
  hostPlatform,
  MEDIA_TYPE,
  type Descriptor,
  type Digest,
} from "@wherry/core/oci";

/** What a generated layer holds. */
interface LayerPlan {
  readonly files: number;
  readonly bytesPerFile: number;
}

/** An OCI layout with one image `REF`: busybox, then a layer for each plan. Files are half random, so gzip has work to do. */
export function makeLayout(folder: string, reference: string, plans: readonly LayerPlan[]): string {
  const layout = join(folder, `layout-${reference}`);
  mkdirSync(join(layout, "blobs", "sha256"), { recursive: true });
  const layers = [busyboxTree(folder), ...plans.map((plan, number) => filesTree(folder, plan, number))].map(
    (tree) => packLayer(layout, tree),
  );
  const config = putBlob(
    layout,
    Buffer.from(
      JSON.stringify({
        ...hostPlatform(),
        config: { Cmd: ["sh"], Env: ["PATH=/bin"] },
        rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
      }),
    ),
    MEDIA_TYPE.ociConfig,
  );
  const manifest = createManifest({
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.ociManifest,
    config,
    layers: layers.map(({ descriptor }) => descriptor),
  });
  putBlob(layout, manifest.bytes, MEDIA_TYPE.ociManifest);
  const named = { ...manifest.descriptor, annotations: { "org.opencontainers.image.ref.name": reference } };
  writeFileSync(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  return layout;
}

function busyboxTree(folder: string): string {
  const tree = join(folder, "tree-busybox");
  for (const part of ["bin", "etc", "tmp", "root"]) mkdirSync(join(tree, part), { recursive: true });
  copyFileSync("/bin/busybox", join(tree, "bin", "busybox"));
  chmodSync(join(tree, "bin", "busybox"), 0o755);
  for (const applet of ["sh", "true", "cat", "ls", "echo", "sleep", "touch", "mkdir"]) {
    symlinkSync("busybox", join(tree, "bin", applet));
  }
  writeFileSync(join(tree, "etc", "passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  writeFileSync(join(tree, "etc", "group"), "root:x:0:\n");
  return tree;
}

function filesTree(folder: string, { files, bytesPerFile }: LayerPlan, number: number): string {
  const tree = join(folder, `tree-${number}`);
  const content = Buffer.alloc(bytesPerFile, "wherry ");
  for (let index = 0; index < files; index++) {
    const directory = join(tree, `data-${number}`, String(index % 100));
    if (index < 100) mkdirSync(directory, { recursive: true });
    randomFillSync(content, 0, Math.ceil(bytesPerFile / 2));
    writeFileSync(join(directory, `file-${index}`), content);
  }
  return tree;
}

function packLayer(layout: string, tree: string): { descriptor: Descriptor; diffId: Digest } {
  const tar = `${tree}.tar`;
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
  const diffId: Digest = `sha256:${createHash("sha256").update(readFileSync(tar)).digest("hex")}`;
  run("gzip", ["-1", "-n", "-f", tar]);
  const descriptor = putBlob(layout, readFileSync(`${tar}.gz`), MEDIA_TYPE.ociLayerGzip);
  rmSync(tree, { recursive: true });
  rmSync(`${tar}.gz`);
  return { descriptor, diffId };
}

function putBlob(layout: string, bytes: Uint8Array, mediaType: string): Descriptor {
  const digest = digestOf(bytes);
  const path = join(layout, "blobs", "sha256", encodedOf(digest));
  writeFileSync(path, bytes);
  return { mediaType, digest, size: statSync(path).size };
}

function run(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${program} ended with status ${String(status)}`);
}
