import assert from "node:assert/strict";
import { endAtSignals } from "./index.ts";

describe("endAtSignals", () => {
  it("hears again when the work is done", () => {
    const heard = (): undefined => undefined;
    process.on("SIGTERM", heard);
    try {
      assert.equal(
        endAtSignals(() => process.listenerCount("SIGTERM")),
        0,
      );
      assert.ok(process.listeners("SIGTERM").includes(heard));
    } finally {
      process.off("SIGTERM", heard);
    }
  });
});
