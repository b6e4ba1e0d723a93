import assert from "node:assert/strict";
import { RateLimitedError } from "../registry/index.ts";
import { PullWait } from "./pull-wait.ts";

describe("PullWait", () => {
  const cases = [
    { what: "a Retry-After", failure: { retryAfter: 300 }, allowed: 3600, pauses: [300, 300] },
    { what: "the end of a short window", failure: { window: 20 }, allowed: 3600, pauses: [20, 20] },
    { what: "a minute of a long window", failure: { window: 21_600 }, allowed: 3600, pauses: [60, 60] },
    { what: "a minute where nothing is said", failure: {}, allowed: 3600, pauses: [60, 60] },
    { what: "a second at least", failure: { retryAfter: 0 }, allowed: 3600, pauses: [1, 1] },
    { what: "no more than is allowed in all", failure: { retryAfter: 300 }, allowed: 500, pauses: [300] },
    { what: "not at all for what is longer", failure: { retryAfter: 300 }, allowed: 299, pauses: [] },
    { what: "not at all by default", failure: { window: 20 }, allowed: 0, pauses: [] },
  ] as const;
  for (const { what, failure, allowed, pauses } of cases) {
    it(`waits for ${what}`, async () => {
      const [slept, told]: [number[], string[]] = [[], []];
      const sleep = (ms: number): Promise<void> => {
        slept.push(ms / 1000);
        return Promise.resolve();
      };
      const onWait = (registry: string, ms: number): unknown => told.push(`${registry} ${ms / 1000}`);
      const wait = new PullWait({ maximumMs: allowed * 1000, onWait }, undefined, sleep);
      let failures = 2;
      const { retryAfter, window } = { retryAfter: undefined, window: undefined, ...failure };
      const work = wait.patiently(() =>
        failures-- > 0
          ? Promise.reject(new RateLimitedError("r.example", retryAfter, "", window))
          : Promise.resolve("done"),
      );
      if (pauses.length === 2) assert.equal(await work, "done");
      else await assert.rejects(work, { code: "ERR_WHERRY_RATE_LIMITED" });
      assert.deepEqual(slept, pauses);
      assert.deepEqual(
        told,
        pauses.map((pause) => `r.example ${pause}`),
      );
    });
  }

  it("lets images wait together, and other failures pass", async () => {
    let sleeps = 0;
    const wait = new PullWait({ maximumMs: 60_000 }, undefined, async () => {
      sleeps += 1;
      await new Promise(setImmediate);
    });
    const tries = Array.from({ length: 5 }, () => {
      let isFirst = true;
      return wait.patiently(() => {
        const failure = isFirst ? new RateLimitedError("r.example", 50) : undefined;
        isFirst = false;
        return failure === undefined ? Promise.resolve() : Promise.reject(failure);
      });
    });
    await Promise.all(tries);
    assert.equal(sleeps, 1);
    await assert.rejects(
      wait.patiently(() => Promise.reject(new Error("other"))),
      /other/,
    );
  });

  it("passes on once what many requests were told", () => {
    const told: number[] = [];
    const wait = new PullWait({ maximumMs: 0, onWait: (_, ms) => told.push(ms) }, undefined);
    for (const ms of [1000, 30_000, 30_000, 31_000, 60_000]) wait.told("r.example", ms);
    assert.deepEqual(told, [30_000, 60_000]);
  });
});
