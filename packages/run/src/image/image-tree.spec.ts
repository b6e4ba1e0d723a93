import assert from "node:assert/strict";
import { digestOf, type Digest } from "@wherry/core/oci";
import { imageTree } from "./image-tree.ts";

const layer = (name: string): Digest => digestOf(name);
const image = (names: readonly string[], ...layers: readonly string[]) => ({
  ...{ id: digestOf(names.join()), names, size: 3_000_000, diffIds: layers.map(layer) },
});
const base = image(["localhost/base:1"], "a", "b");
const app = image(["localhost/app:1", "localhost/app:2"], "a", "b", "c");
const other = image(["localhost/other:1"], "a", "b", "d", "e");
const all = [base, app, other];
const short = (name: string) => layer(name).slice(7, 19);
const sizeOf = (diffId: string) => (diffId === layer("b") ? undefined : 1000);

describe("imageTree", () => {
  it("shows an image's layers and whose last one each is", () => {
    assert.deepEqual(imageTree(app, all, { whatRequires: false, sizeOf }).split("\n").slice(1), [
      "Tags:     [localhost/app:1 localhost/app:2]",
      "Size:     3 MB",
      "Image Layers",
      `├── ID: ${short("a")} Size: 1 kB`,
      `├── ID: ${short("b")} Size: unknown Top Layer of: [localhost/base:1]`,
      `└── ID: ${short("c")} Size: 1 kB Top Layer of: [localhost/app:1 localhost/app:2]`,
      "",
    ]);
  });

  it("shows what is built on an image", () => {
    assert.deepEqual(imageTree(base, all, { whatRequires: true, sizeOf }).split("\n").slice(4), [
      `├── ID: ${short("c")} Size: 1 kB Top Layer of: [localhost/app:1 localhost/app:2]`,
      `└── ID: ${short("d")} Size: 1 kB`,
      `    └── ID: ${short("e")} Size: 1 kB Top Layer of: [localhost/other:1]`,
      "",
    ]);
  });
});
