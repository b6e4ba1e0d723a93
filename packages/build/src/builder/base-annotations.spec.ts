import assert from "node:assert/strict";
import type { Digest } from "@wherry/core/oci";
import type { StoredImage } from "@wherry/core/store";
import { annotationsAfter, changedAnnotations } from "./base-annotations.ts";

const DIGEST: Digest = `sha256:${"1".repeat(64)}`;
const IMAGE: StoredImage = {
  ...{ id: DIGEST, manifest: { mediaType: "m", digest: DIGEST, size: 1 }, names: [], diffIds: [] },
  ...{ created: "", size: 1, labels: {}, platform: { os: "linux", architecture: "amd64" } },
};

describe("annotationsAfter", () => {
  for (const fullName of ["localhost/app:latest", `quay.io/team/tool@${DIGEST}`, undefined])
    it(`names ${fullName?.slice(0, 30) ?? "no"} base, and not when it was made`, () => {
      const own = {
        a: "b",
        "org.opencontainers.image.created": "then",
        "org.opencontainers.image.base.name": "older",
      };
      const found = { image: IMAGE, ...(fullName === undefined ? {} : { fullName }) };
      assert.deepEqual(annotationsAfter(own, found), {
        a: "b",
        "org.opencontainers.image.base.digest": DIGEST,
        ...(fullName === undefined ? {} : { "org.opencontainers.image.base.name": fullName }),
      });
    });
});

describe("changedAnnotations", () => {
  it("sets, says when, and takes away last", () => {
    const changes = { set: { b: "2", c: "3" }, unset: ["c", "nosuch"], created: "now" };
    assert.deepEqual(changedAnnotations({ a: "1", b: "1" }, changes), {
      a: "1",
      b: "2",
      "org.opencontainers.image.created": "now",
    });
  });
});
