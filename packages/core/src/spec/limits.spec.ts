import assert from "node:assert/strict";
import { limitResources, neededControllers, type Limits } from "./limits.ts";

describe("limitResources", () => {
  const device = { path: "/dev/sda", major: 8, minor: 0, rate: 1024 };
  const cases: readonly { limits: Limits; expected: object | undefined; needs: readonly string[] }[] = [
    { limits: {}, expected: undefined, needs: [] },
    { limits: { cgroups: "split" }, expected: undefined, needs: [] },
    { limits: { memory: 64 }, expected: { memory: { limit: 64, swap: 128 } }, needs: ["memory"] },
    {
      limits: { memory: 64, memorySwap: -1 },
      expected: { memory: { limit: 64, swap: -1 } },
      needs: ["memory"],
    },
    {
      limits: { cpuQuota: 50_000, cpuPeriod: 100_000, cpusetCpus: "0-1" },
      expected: { cpu: { quota: 50_000, period: 100_000, cpus: "0-1" } },
      needs: ["cpu", "cpuset"],
    },
    { limits: { pidsLimit: 5 }, expected: { pids: { limit: 5 } }, needs: ["pids"] },
    {
      limits: { blkioWeight: 100, readBps: [device] },
      expected: { blockIO: { weight: 100, throttleReadBpsDevice: [{ major: 8, minor: 0, rate: 1024 }] } },
      needs: ["io"],
    },
    {
      limits: { deviceWeights: [{ path: "/dev/sda", major: 8, minor: 0, weight: 300 }] },
      expected: { blockIO: { weightDevice: [{ major: 8, minor: 0, weight: 300 }] } },
      needs: ["io"],
    },
    {
      limits: { conf: { "memory.high": "1M", "cgroup.max.depth": "3" } },
      expected: { unified: { "memory.high": "1M", "cgroup.max.depth": "3" } },
      needs: ["memory"],
    },
  ];
  for (const { limits, expected, needs } of cases) {
    it(`is ${JSON.stringify(expected)} for ${JSON.stringify(limits)}`, () => {
      assert.deepEqual(limitResources(limits), expected);
      assert.deepEqual([...neededControllers(limits).keys()], needs);
    });
  }
});
