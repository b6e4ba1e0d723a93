import assert from "node:assert/strict";
import type { Digest } from "@wherry/core/oci";
import { annotationsAfter, changedAnnotations } from "./base-annotations.ts";

const DIGEST: Digest = `sha256:${"1".repeat(64)}`;
const NAMES = ["docker.io/library/app:1", "localhost/app:1", "quay.io/team/tool:latest"];

describe("annotationsAfter", () => {
  const cases: readonly [typed: string, name: string | undefined][] = [
    ["localhost/app", "localhost/app:latest"],
    ["docker://quay.io/team/tool:2", "quay.io/team/tool:2"],
    [`quay.io/team/tool@${DIGEST}`, `quay.io/team/tool@${DIGEST}`],
    ["team/tool", "quay.io/team/tool:latest"],
    ["app:1", "localhost/app:1"],
    ["tool", undefined],
    ["oci:layout:x", undefined],
    ["1".repeat(64), undefined],
  ];
  for (const [typed, name] of cases) {
    it(`names ${name ?? "nothing"} for the base ${typed.slice(0, 30)}`, () => {
      const base = { manifest: { mediaType: "m", digest: DIGEST, size: 1 }, names: NAMES };
      const own = {
        a: "b",
        "org.opencontainers.image.created": "then",
        "org.opencontainers.image.base.name": "older",
      };
      assert.deepEqual(annotationsAfter(own, base, typed), {
        a: "b",
        "org.opencontainers.image.base.digest": DIGEST,
        ...(name === undefined ? {} : { "org.opencontainers.image.base.name": name }),
      });
    });
  }
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
