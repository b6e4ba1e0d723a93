import assert from "node:assert/strict";
import { ProgressPace } from "./progress-pace.ts";

describe("ProgressPace", () => {
  it("lets the first telling of each thing pass, the next after a quarter of a second, and all of one forgotten", () => {
    let now = 0;
    const pace = new ProgressPace(() => now);
    const due = (at: number, item: string): boolean => ((now = at), pace.isDue(item));
    assert.deepEqual(
      [due(0, "a"), due(10, "b"), due(249, "a"), due(250, "a"), due(300, "a"), due(499, "a"), due(500, "a")],
      [true, true, false, true, false, false, true],
    );
    pace.forget("a");
    assert.equal(due(501, "a"), true);
  });
});
