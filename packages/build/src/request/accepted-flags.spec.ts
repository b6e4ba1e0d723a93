import assert from "node:assert/strict";
import { acceptedWarnings } from "./accepted-flags.ts";

describe("acceptedWarnings", () => {
  it("tell of what was asked for and is not done", () => {
    assert.deepEqual(acceptedWarnings({ rm: true, "force-rm": true, "disable-compression": false }), []);
    const [label, rm, ...more] = acceptedWarnings({ "layer-label": ["a=b"], rm: false });
    assert.match(label ?? "", /^--layer-label: there are no images between steps; .* --label$/);
    assert.match(rm ?? "", /^--rm=false: a step has no container that could stay/);
    assert.deepEqual(more, []);
  });
});
