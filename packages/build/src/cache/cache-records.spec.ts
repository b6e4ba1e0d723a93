import assert from "node:assert/strict";
import { selectStale, type CacheRecord, type PruneLimits } from "./cache-records.ts";

describe("selectStale", () => {
  /** `used` in days: the greater the later. */
  const record = (key: string, used: number, size: number, content = key): CacheRecord => ({
    ...{ kind: "step", key, text: key, size, content },
    ...{ created: new Date(0), used: new Date(used * 86_400_000) },
  });
  const records = [
    record("new", 9, 10),
    record("middle", 5, 20),
    record("shared", 4, 20, "middle"),
    record("old", 1, 5),
  ];
  const cases: { what: string; limits: PruneLimits; stale: string[] }[] = [
    { what: "all without limits", limits: {}, stale: ["new", "middle", "shared", "old"] },
    { what: "what is older", limits: { usedBefore: new Date(4.5 * 86_400_000) }, stale: ["shared", "old"] },
    { what: "nothing when all fits", limits: { keepBytes: 35 }, stale: [] },
    {
      what: "what is used least, content that is shared counted once",
      limits: { keepBytes: 30 },
      stale: ["old"],
    },
    { what: "all older ones once it is full", limits: { keepBytes: 15 }, stale: ["middle", "shared", "old"] },
    {
      what: "by both limits",
      limits: { keepBytes: 30, usedBefore: new Date(4.5 * 86_400_000) },
      stale: ["shared", "old"],
    },
    {
      what: "all when nothing may stay",
      limits: { keepBytes: 0 },
      stale: ["new", "middle", "shared", "old"],
    },
  ];
  for (const { what, limits, stale } of cases)
    it(`takes ${what}`, () => {
      assert.deepEqual(
        selectStale(records, limits).map(({ key }) => key),
        stale,
      );
    });
});
