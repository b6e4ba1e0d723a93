import assert from "node:assert/strict";
import { changedTime } from "./file-times.ts";

describe("changedTime", () => {
  it("is none, the time that was asked for, or no later one", () => {
    assert.equal(changedTime(undefined), undefined);
    assert.equal(changedTime({ seconds: 9, files: "keep" }), undefined);
    const timesOf = (files: "force" | "clamp") =>
      [5, 9, 20].map(changedTime({ seconds: 9, files }) ?? Number);
    assert.deepEqual(
      [timesOf("force"), timesOf("clamp")],
      [
        [9, 9, 9],
        [5, 9, 9],
      ],
    );
  });
});
