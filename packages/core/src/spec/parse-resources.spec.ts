import assert from "node:assert/strict";
import { parseResources, type ResourceTexts } from "./parse-resources.ts";

describe("parseResources", () => {
  it("reads sizes and numbers, and leaves out what was not asked for", () => {
    assert.deepEqual(
      parseResources({ memory: "64m", "memory-swap": "-1", "cpu-quota": "-1", "cpu-period": "1000" }),
      { memory: 64 * 1024 ** 2, memorySwap: -1, cpuQuota: -1, cpuPeriod: 1000 },
    );
    assert.deepEqual(parseResources({ "cpuset-cpus": "0-1,3", memory: undefined }), { cpusetCpus: "0-1,3" });
  });

  const wrong: readonly { texts: ResourceTexts; says: RegExp }[] = [
    { texts: { memory: "much" }, says: /invalid --memory "much": expected a size/ },
    { texts: { memory: "1k" }, says: /no process can live in so little/ },
    { texts: { "memory-swap": "1g" }, says: /unable to set memory-swap without memory/ },
    { texts: { memory: "2g", "memory-swap": "1g" }, says: /less than --memory/ },
    { texts: { memory: "1g", "memory-reservation": "2g" }, says: /above --memory/ },
    { texts: { "cpu-shares": "1" }, says: /at least 2 and at most 262144/ },
    { texts: { "cpu-period": "x" }, says: /invalid --cpu-period "x"/ },
    { texts: { "cpuset-mems": "a-b" }, says: /expected numbers and ranges/ },
  ];
  for (const { texts, says } of wrong) {
    it(`refuses ${JSON.stringify(texts)}`, () => {
      assert.throws(() => parseResources(texts), says);
    });
  }
});
