import assert from "node:assert/strict";
import type { Container, Usage } from "@wherry/core/container";
import { statsJson, statsRow } from "./stats-rows.ts";

const container = { id: "0123456789abcdef", name: "web" } as Container;
const USAGE: Usage = {
  cpuMs: 5000,
  elapsedMs: 100_000,
  memory: 10_000_000,
  memoryLimit: 100_000_000,
  pids: 3,
  received: 0,
  sent: 0,
  read: 4096,
  written: 0,
  sources: { cpu: "cgroup v2", memory: "/proc", pids: "/proc", block: "/proc" },
};

describe("statsRow", () => {
  it("shows what was used since the start when there was no look before", () => {
    assert.deepEqual(statsJson(statsRow({ container, usage: USAGE }, true)), {
      id: "0123456789ab",
      name: "web",
      cpu_time: "5s",
      cpu_percent: "5.00%",
      avg_cpu: "5.00%",
      mem_usage: "10MB / 100MB",
      mem_percent: "10.00%",
      net_io: "-- / --",
      block_io: "4.096kB / 0B",
      pids: "3",
      source: "cpu: cgroup v2; memory, pids, block io: /proc",
    });
  });

  const cases = [
    { before: { cpuMs: 3000, elapsedMs: 98_000 }, expected: "100.00%" },
    { before: { cpuMs: 6000, elapsedMs: 98_000 }, expected: "0.00%" },
    { before: { cpuMs: 3000, elapsedMs: 200_000 }, expected: "5.00%" },
  ];
  for (const { before, expected } of cases) {
    it(`says ${expected} after ${JSON.stringify(before)}`, () => {
      const row = statsRow({ container, usage: USAGE, before: { ...USAGE, ...before } }, false);
      assert.equal(row["CPUPerc"], expected);
      assert.equal(row["ID"], container.id);
    });
  }

  it("has nothing to say of one that does not run", () => {
    assert.equal(statsRow({ container, usage: undefined }, true)["CPUPerc"], "--");
  });
});
