import assert from "node:assert/strict";
import type { ListedContainer } from "@wherry/core/container";
import { SORT_KEYS, sortContainers } from "./sort-containers.ts";

const each = (name: string, image: string, started: string, rwSize: number) => ({
  listed: {
    container: { id: name, name, created: "2026", imageName: image, config: { args: [image] } },
    state: { status: started === "" ? "created" : "exited", startedAt: started },
  } as unknown as ListedContainer,
  size: { rwSize, rootFsSize: 0 },
});
const containers = [each("c", "x", "2026-03", 2), each("a", "z", "2026-01", 3), each("b", "y", "", 1)];

describe("sortContainers", () => {
  const expected: Readonly<Record<(typeof SORT_KEYS)[number], string>> = {
    ...{ command: "cba", created: "cab", id: "abc", image: "cba", names: "abc" },
    ...{ pod: "cab", runningfor: "bac", size: "bca", status: "bca" },
  };
  for (const key of SORT_KEYS) {
    it(`sorts by ${key}`, () => {
      const sorted = sortContainers(containers, key).map(({ listed }) => listed.container.name);
      assert.equal(sorted.join(""), expected[key]);
    });
  }
});
