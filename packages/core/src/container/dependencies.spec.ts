import assert from "node:assert/strict";
import { dependenciesOf, type Depending } from "./dependencies.ts";

describe("dependenciesOf", () => {
  const of = { kind: "container", container: "a" } as const;
  // what podman 4.3.1 refuses to remove "a" for
  const cases: readonly { readonly what: string; readonly given: Depending; readonly expected?: string[] }[] =
    [
      { what: "--network container:a", given: { network: of } },
      { what: "--pid container:a", given: { isolation: { pid: of } } },
      { what: "--ipc container:a", given: { isolation: { ipc: of } } },
      { what: "--uts container:a", given: { isolation: { uts: of } } },
      { what: "--cgroupns container:a", given: { isolation: { cgroup: of } } },
      { what: "--userns container:a", given: { userMode: of } },
      { what: "--requires a", given: { requires: ["a"] } },
      {
        what: "all at once",
        given: { requires: ["b", "a"], network: of, isolation: { pid: of } },
        expected: ["b", "a"],
      },
      {
        what: "none",
        given: { network: { kind: "none" }, isolation: { pid: { kind: "host" } } },
        expected: [],
      },
    ];
  for (const { what, given, expected = ["a"] } of cases)
    it(`is ${expected.join(" and ") || "nothing"} for ${what}`, () => {
      assert.deepEqual(dependenciesOf(given), expected);
    });
});
