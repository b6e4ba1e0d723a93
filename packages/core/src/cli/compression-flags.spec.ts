import assert from "node:assert/strict";
import { compressionOptions } from "./compression-flags.ts";

describe("compressionOptions", () => {
  it("leave plain layers plain, or compress as asked, not both", () => {
    assert.deepEqual(compressionOptions({ "disable-compression": false }), {});
    assert.deepEqual(compressionOptions({ "disable-compression": true }), {
      layers: { compression: "none", plainOnly: true },
    });
    assert.deepEqual(compressionOptions({ "compression-format": "zstd", "compression-level": 3 }), {
      layers: { compression: "zstd", plainOnly: false, level: 3 },
    });
    assert.throws(() => compressionOptions({ "disable-compression": true, "compression-format": "gzip" }), {
      code: "ERR_WHERRY_USAGE",
      message: /^--disable-compression cannot be set together/,
    });
  });
});
