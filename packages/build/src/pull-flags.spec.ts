import assert from "node:assert/strict";
import { retryOptions } from "./pull-flags.ts";

describe("retryOptions", () => {
  it("are how often a transfer is tried, and after which pause", () => {
    assert.deepEqual(retryOptions({}), {});
    assert.deepEqual(retryOptions({ retry: 0, "retry-delay": "1.5s" }), { attempts: 1, pauseMs: 1500 });
    assert.throws(() => retryOptions({ "retry-delay": "soon" }), { code: "ERR_WHERRY_USAGE" });
  });
});
