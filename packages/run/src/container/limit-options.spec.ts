import assert from "node:assert/strict";
import type { CreationFlags } from "./create-options.ts";
import { limitOptions, parseLimits, type ResourceFlags } from "./limit-options.ts";

describe("parseLimits", () => {
  it("reads podman's shorthands", () => {
    assert.deepEqual(parseLimits({ cpus: "1.5", "pids-limit": "0" }), {
      ...{ cpuQuota: 150_000, cpuPeriod: 100_000, pidsLimit: -1 },
    });
  });

  it("reads the share of a device", () => {
    const device = { path: "/dev/null", major: 1, minor: 3 };
    assert.deepEqual(parseLimits({ "blkio-weight-device": ["/dev/null:200"] }), {
      deviceWeights: [{ ...device, weight: 200 }],
    });
  });

  const wrong: readonly { flags: Partial<ResourceFlags>; says: RegExp }[] = [
    { flags: { memory: "much" }, says: /invalid --memory "much"/ },
    { flags: { memory: "1k" }, says: /invalid --memory "1k"/ },
    { flags: { "memory-swap": "1g" }, says: /unable to set memory-swap without memory/ },
    { flags: { memory: "2g", "memory-swap": "1g" }, says: /invalid --memory-swap "1g"/ },
    { flags: { cpus: "none" }, says: /invalid --cpus "none"/ },
    { flags: { cpus: "1", "cpu-quota": "5000" }, says: /--cpus cannot be set together/ },
    { flags: { "cpuset-cpus": "a-b" }, says: /invalid --cpuset-cpus "a-b"/ },
    { flags: { "pids-limit": "few" }, says: /invalid --pids-limit "few"/ },
    { flags: { "blkio-weight": "5" }, says: /invalid --blkio-weight "5"/ },
    { flags: { "device-read-bps": ["/dev/null"] }, says: /bad format for device/ },
    { flags: { "blkio-weight-device": ["/dev/null"] }, says: /bad format for device.*PATH:WEIGHT/ },
    { flags: { "blkio-weight-device": ["/dev/null:5"] }, says: /invalid --blkio-weight-device "5"/ },
    { flags: { "device-write-bps": ["/dev/null:fast"] }, says: /invalid --device-write-bps "fast"/ },
  ];
  for (const { flags, says } of wrong) {
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => parseLimits(flags), says);
    });
  }
});

describe("limitOptions", () => {
  const wrong = [
    { flags: { cgroups: "enabled", "cgroup-conf": ["../x=1"] }, says: /invalid --cgroup-conf/ },
    { flags: { cgroups: "disabled", "cgroup-parent": "a" }, says: /cannot be set together/ },
  ];
  for (const { flags, says } of wrong)
    it(`refuses ${JSON.stringify(flags)}`, () => {
      assert.throws(() => limitOptions(flags as unknown as CreationFlags), says);
    });
});
