import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { Budget, takeAll, within } from "./budget.ts";

const small = () => new Budget({ initial: 2, maximum: 4 });

describe("Budget", () => {
  it("lets no more than it allows under way, first come first served", async () => {
    const budget = small();
    const order: number[] = [];
    const work = [0, 1, 2, 3].map(async (number) => {
      await budget.take();
      order.push(number);
    });
    await turn();
    assert.deepEqual(order, [0, 1]);
    budget.giveBack(false);
    await turn();
    assert.deepEqual(order, [0, 1, 2]);
    budget.giveBack(false);
    await Promise.all(work);
    assert.deepEqual(order, [0, 1, 2, 3]);
  });

  it("grows by one with each full round of successes, up to its maximum", async () => {
    const budget = small();
    const allowed: number[] = [];
    for (let count = 0; count < 12; count++) {
      await within([budget], () => Promise.resolve());
      allowed.push(budget.allowed);
    }
    assert.deepEqual(allowed, [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]);
  });

  it("does not grow by failures", async () => {
    const budget = small();
    for (let count = 0; count < 9; count++)
      await assert.rejects(
        within([budget], () => Promise.reject(new Error("no"))),
        /no/,
      );
    assert.equal(budget.allowed, 2);
  });

  it("halves once for all pleas about the requests that were under way, down to one", async () => {
    const budget = new Budget({ initial: 8, maximum: 16 });
    for (let count = 0; count < 8; count++) await budget.take();
    for (let count = 0; count < 8; count++) budget.halve();
    assert.equal(budget.allowed, 4);
    for (let count = 0; count < 8; count++) budget.giveBack(false);
    for (const expected of [2, 1, 1]) {
      budget.halve();
      assert.equal(budget.allowed, expected);
    }
  });

  it("is taken together with others without ever waiting in a circle", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.shuffledSubarray([0, 1, 2], { minLength: 1 }), { maxLength: 30 }),
        async (needs) => {
          const budgets = [0, 1, 2].map(() => new Budget({ initial: 1, maximum: 1 }));
          let under = 0;
          const work = needs.map(async (need) => {
            const giveBack = await takeAll(need.flatMap((number) => budgets[number] ?? []));
            under += 1;
            assert.ok(under <= budgets.length);
            await turn();
            under -= 1;
            giveBack(true);
            giveBack(true);
          });
          await Promise.all(work);
        },
      ),
      { numRuns: 30 },
    );
  });
});
