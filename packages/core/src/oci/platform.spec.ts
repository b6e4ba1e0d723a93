import assert from "node:assert/strict";
import { choosePlatform, formatPlatform, hostPlatform, parsePlatform } from "./index.ts";

describe("parsePlatform", () => {
  const cases = [
    { text: "linux/amd64", expected: "linux/amd64" },
    { text: "linux/x86_64", expected: "linux/amd64" },
    { text: "amd64", expected: "linux/amd64" },
    { text: "linux/aarch64", expected: "linux/arm64" },
    { text: "linux/arm64/v8", expected: "linux/arm64" },
    { text: "linux/arm", expected: "linux/arm/v7" },
    { text: "linux/armhf", expected: "linux/arm/v7" },
    { text: "linux/arm/6", expected: "linux/arm/v6" },
    { text: "windows/amd64", expected: "windows/amd64" },
  ];
  for (const { text, expected } of cases) {
    it(`reads ${text} as ${expected}`, () => {
      assert.equal(formatPlatform(parsePlatform(text)), expected);
    });
  }

  for (const text of ["", "/", "linux/", "a/b/c/d", "linux/../x", "linux/am d64"]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parsePlatform(text), { code: "ERR_WHERRY_INVALID_PLATFORM" });
    });
  }
});

describe("hostPlatform", () => {
  it("speaks Go's names", () => {
    assert.equal(formatPlatform(hostPlatform("x64")), "linux/amd64");
    assert.equal(formatPlatform(hostPlatform("arm64")), "linux/arm64");
  });
});

describe("choosePlatform", () => {
  const candidates = ["linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "windows/amd64"].map(
    (name) => ({ name, platform: parsePlatform(name) }),
  );
  const cases = [
    { wanted: "linux/amd64", expected: "linux/amd64" },
    { wanted: "linux/arm/v7", expected: "linux/arm/v7" },
    { wanted: "linux/arm/v6", expected: "linux/arm/v6" },
    { wanted: "linux/arm/v5", expected: undefined },
    { wanted: "linux/arm64", expected: "linux/arm64/v8" },
    { wanted: "linux/riscv64", expected: undefined },
  ];
  for (const { wanted, expected } of cases) {
    it(`serves ${wanted} with ${expected ?? "nothing"}`, () => {
      assert.equal(choosePlatform(candidates, parsePlatform(wanted))?.name, expected);
    });
  }

  it("takes a lower variant where the same is missing", () => {
    const only = [{ platform: parsePlatform("linux/arm/v6") }];
    assert.equal(choosePlatform(only, parsePlatform("linux/arm/v7")), only[0]);
  });

  it("passes over entries without a platform", () => {
    assert.equal(choosePlatform([{}], parsePlatform("linux/amd64")), undefined);
  });
});
