import { formatSize } from "@wherry/core/cli";
import type { StoredImage } from "@wherry/core/store";

type Image = Pick<StoredImage, "id" | "names" | "size" | "diffIds">;

export interface TreeOptions {
  /** Show what is built on the image instead of what it is built on. */
  readonly whatRequires: boolean;
  /** Bytes of a layer; undefined when it was never unpacked. */
  readonly sizeOf: (diffId: string) => number | undefined;
}

/** A layer, or an image on top, with what stands on it. */
interface Branch {
  readonly text: string;
  readonly children: readonly Branch[];
}

/** The layers of an image as a tree, as `podman image tree` draws it. */
export function imageTree(image: Image, all: readonly Image[], options: TreeOptions): string {
  const { id, names, size } = image;
  const head = [
    `Image ID: ${id.replace("sha256:", "").slice(0, 12)}`,
    `Tags:     [${names.join(" ")}]`,
    `Size:     ${formatSize(size)}`,
    "Image Layers",
  ];
  const branches = options.whatRequires
    ? requirers(image, all, image.diffIds.length, options)
    : layerChain(image, all, options);
  return `${[...head, ...drawn(branches, "")].join("\n")}\n`;
}

/** One layer upon the other: a list that is drawn as a tree. */
function layerChain({ diffIds }: Image, all: readonly Image[], options: TreeOptions): Branch[] {
  return diffIds.map((diffId, index) => {
    const tops = all.filter((other) => endsAt(other, diffIds.slice(0, index + 1)));
    return { text: layerText(diffId, tops, options), children: [] };
  });
}

/** Images with more layers on top of the first `depth`, grouped by the next one. */
function requirers(image: Image, all: readonly Image[], depth: number, options: TreeOptions): Branch[] {
  const base = image.diffIds.slice(0, depth);
  const above = all.filter(
    ({ diffIds }) => diffIds.length > depth && base.every((diffId, index) => diffIds[index] === diffId),
  );
  const next = new Set(above.map(({ diffIds }) => diffIds[depth] ?? ""));
  return [...next].map((diffId) => {
    const through = above.find(({ diffIds }) => diffIds[depth] === diffId) ?? image;
    const tops = above.filter((other) => endsAt(other, through.diffIds.slice(0, depth + 1)));
    return {
      text: layerText(diffId, tops, options),
      children: requirers(through, above, depth + 1, options),
    };
  });
}

function endsAt({ diffIds }: Image, chain: readonly string[]): boolean {
  return diffIds.length === chain.length && chain.every((diffId, index) => diffIds[index] === diffId);
}

function layerText(diffId: string, tops: readonly Image[], { sizeOf }: TreeOptions): string {
  const size = sizeOf(diffId);
  const names = tops.flatMap((top) =>
    top.names.length > 0 ? top.names : [top.id.replace("sha256:", "").slice(0, 12)],
  );
  const end = names.length === 0 ? "" : ` Top Layer of: [${names.join(" ")}]`;
  return `ID: ${diffId.replace("sha256:", "").slice(0, 12)} Size: ${size === undefined ? "unknown" : formatSize(size)}${end}`;
}

function drawn(branches: readonly Branch[], indent: string): string[] {
  return branches.flatMap(({ text, children }, index) => {
    const isLast = index === branches.length - 1;
    const below = `${indent}${isLast ? " " : "│"}   `;
    return [`${indent}${isLast ? "└──" : "├──"} ${text}`, ...drawn(children, below)];
  });
}
