import assert from "node:assert/strict";
import type { FoundRepository } from "@wherry/core/engine";
import { searchFilter, searchRow } from "./search-rows.ts";

const result = (stars: number, isOfficial: boolean): FoundRepository => ({
  ...{
    name: "alpine",
    description: "A minimal image\nof Alpine Linux, with a complete package index",
    stars,
  },
  ...{ isOfficial, isAutomated: false, registry: "docker.io", repository: "docker.io/library/alpine" },
});

describe("search", () => {
  it("shows a result in podman's words, its description shortened or not", () => {
    const row = searchRow(result(7, true), true);
    assert.equal(row["Name"], "docker.io/library/alpine");
    assert.equal(row["Description"], "A minimal image of Alpine Linux, with a comp...");
    assert.deepEqual([row["Stars"], row["Official"], row["Automated"]], [7, "[OK]", ""]);
    assert.match(String(searchRow(result(7, true), false)["Description"]), /package index$/);
  });

  const cases = [
    { filters: ["stars=5"], fits: [true, false] },
    { filters: ["is-official"], fits: [true, false] },
    { filters: ["is-official=false"], fits: [false, true] },
    { filters: ["is-automated=true"], fits: [false, false] },
    { filters: ["stars=1", "is-official=true"], fits: [true, false] },
  ];
  for (const { filters, fits } of cases) {
    it(`filters by ${filters.join(" and ")}`, () => {
      assert.deepEqual([result(7, true), result(2, false)].map(searchFilter(filters)), fits);
    });
  }

  for (const filter of ["stars", "stars=x", "colour=red"]) {
    it(`refuses ${filter}`, () => {
      assert.throws(() => searchFilter([filter]), { code: "ERR_WHERRY_USAGE" });
    });
  }
});
