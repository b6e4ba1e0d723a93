import assert from "node:assert/strict";
import { digestOf } from "@wherry/core/oci";
import { stepKey } from "./step-key.ts";

describe("stepKey", () => {
  it("gives the key it always gave: names sorted, what is undefined left out", () => {
    const inputs = {
      ...{ op: "COPY", size: 1.5, yes: true, none: null, left: undefined, args: ["a", "é😀", undefined] },
      ...{ empty: [], bare: {}, files: { a: "1", "é😀": "2", Z: "3" } },
    };
    const key = stepKey(inputs);
    assert.deepEqual(key, {
      digest: "sha256:da8fd08d4d8b4693972e4a73819f4dd5006715c10353892b7e98f8fd5e4efd52",
      inputs,
    });
  });

  it("hashes a text of many pieces as one", () => {
    const names = Array.from({ length: 5000 }, (_, index) => `é/${String(index).padStart(5, "0")}`);
    const files = Object.fromEntries(names.toReversed().map((name) => [name, name.repeat(9)]));
    const text = names.map((name) => `"${name}":"${name.repeat(9)}"`).join(",");
    assert.equal(stepKey({ files }).digest, digestOf(`{"files":{${text}},"version":3}`));
  });
});
