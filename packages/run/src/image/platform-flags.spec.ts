import assert from "node:assert/strict";
import { hostPlatform } from "@wherry/core/oci";
import { platformOption } from "./platform-flags.ts";

describe("platformOption", () => {
  const { architecture } = hostPlatform();
  const cases = [
    { flags: {}, expected: undefined },
    { flags: { platform: "linux/arm64" }, expected: { os: "linux", architecture: "arm64" } },
    { flags: { arch: "riscv64" }, expected: { os: "linux", architecture: "riscv64" } },
    { flags: { os: "windows" }, expected: { os: "windows", architecture } },
    { flags: { arch: "arm", variant: "v6" }, expected: { os: "linux", architecture: "arm", variant: "v6" } },
    {
      flags: { platform: "linux/arm", variant: "v6" },
      expected: { os: "linux", architecture: "arm", variant: "v6" },
    },
  ];
  for (const { flags, expected } of cases) {
    it(`reads ${JSON.stringify(flags)}`, () => {
      assert.deepEqual(platformOption(flags).platform, expected);
    });
  }

  it("refuses the whole beside its parts, and what is no platform", () => {
    const message = "--platform option can not be specified with --arch or --os";
    for (const more of [{ arch: "arm64" }, { os: "linux" }])
      assert.throws(() => platformOption({ platform: "linux/amd64", ...more }), { message });
    assert.throws(() => platformOption({ arch: "a/b/c" }), { code: "ERR_WHERRY_INVALID_PLATFORM" });
  });
});
