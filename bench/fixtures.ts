import { randomFillSync } from "node:crypto";
import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { execaSync } from "execa";
import { Digester, encodedOf, hostPlatform, MEDIA_TYPE, type Descriptor } from "@wherry/core/oci";
import { busyboxTree, writeImage, writeLayout } from "../test/support/layout.ts";

/** What a generated layer holds. */
interface LayerPlan {
  readonly files: number;
  readonly bytesPerFile: number;
}

/**
 * An OCI layout with one image `reference`: busybox, then a layer for each plan. Gives its path. Made by a process of its own:
 * the one that measures stays small, since a large one takes tens of milliseconds for every process it starts.
 */
export function makeLayout(folder: string, reference: string, plans: readonly LayerPlan[]): string {
  const layout = join(folder, `layout-${reference}`);
  execaSync(process.execPath, [
    ...process.execArgv,
    import.meta.filename,
    layout,
    reference,
    JSON.stringify(plans),
  ]);
  return layout;
}

/**
 * An OCI layout with an image of one layer of so many MiB that no compression makes smaller. The layer is no archive: nobody
 * who copies it looks inside.
 */
export function makeBlobLayout(folder: string, reference: string, mebibytes: number): string {
  const layout = join(folder, `layout-${reference}`);
  const blobs = join(layout, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const layer = writeRandom(blobs, mebibytes);
  const rootfs = { type: "layers", diff_ids: [layer.digest] };
  writeImage(layout, reference, { ...hostPlatform(), rootfs }, [layer]);
  return layout;
}

function writeRandom(blobs: string, mebibytes: number): Descriptor {
  const path = join(blobs, "random");
  const fd = openSync(path, "wx");
  const digester = new Digester();
  const piece = randomFillSync(Buffer.alloc(2 ** 20));
  for (let number = 0; number < mebibytes; number++) {
    piece.writeUInt32LE(number);
    digester.update(piece);
    for (let offset = 0; offset < piece.length;) offset += writeSync(fd, piece, offset);
  }
  closeSync(fd);
  const { size } = digester;
  const digest = digester.digest();
  renameSync(path, join(blobs, encodedOf(digest)));
  return { mediaType: MEDIA_TYPE.ociLayerGzip, digest, size };
}

function writeFixture(layout: string, reference: string, plans: readonly LayerPlan[]): void {
  const folder = dirname(layout);
  const trees = join(folder, `trees-${reference}`);
  writeLayout(layout, reference, [
    busyboxTree(trees),
    ...plans.map((plan, number) => filesTree(trees, plan, number)),
  ]);
  rmSync(trees, { recursive: true });
}

/** Files that are half random, so that gzip has work to do. */
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

if (process.argv[1] === import.meta.filename) {
  const [layout = "", reference = "", plans = "[]"] = process.argv.slice(2);
  writeFixture(layout, reference, JSON.parse(plans) as LayerPlan[]);
}
