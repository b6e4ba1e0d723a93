import assert from "node:assert/strict";
import type { Descriptor } from "@wherry/core/oci";
import { ImageProgress } from "./image-progress.ts";

const blob = (letter: string, size: number): Descriptor => ({
  mediaType: "application/vnd.oci.image.layer.v1.tar",
  digest: `sha256:${letter.repeat(64)}`,
  size,
});

describe("ImageProgress", () => {
  it("adds up what happens to the blobs of an image", () => {
    const images = new ImageProgress();
    const [a, b, c] = [blob("a", 100), blob("b", 10), blob("c", 1)];
    const steps = [
      { event: { kind: "start", blobs: [a, b, c] }, copied: 0 },
      { event: { kind: "progress", blob: a, copied: 40 }, copied: 40 },
      { event: { kind: "present", blob: b }, copied: 50 },
      { event: { kind: "progress", blob: a, copied: 0 }, copied: 10 }, // it begins again after a failure
      { event: { kind: "progress", blob: a, copied: 100 }, copied: 110 },
      { event: { kind: "copied", blob: a }, copied: 110 },
      { event: { kind: "mounted", blob: c }, copied: 111 },
      { event: { kind: "manifests" }, copied: 111 },
    ] as const;
    for (const { event, copied } of steps)
      assert.deepEqual(images.after("one", event), { copied, size: 111 }, event.kind);
  });

  it("keeps images apart", () => {
    const images = new ImageProgress();
    images.after("one", { kind: "start", blobs: [blob("a", 100)] });
    images.after("two", { kind: "start", blobs: [blob("a", 100)] });
    images.after("one", { kind: "progress", blob: blob("a", 100), copied: 7 });
    assert.deepEqual(images.after("two", { kind: "progress", blob: blob("a", 100), copied: 3 }), {
      copied: 3,
      size: 100,
    });
  });
});
