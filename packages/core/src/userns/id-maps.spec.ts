import assert from "node:assert/strict";
import fc from "fast-check";
import { planIdMaps } from "./index.ts";

const owner = { uid: 1000, gid: 1001, userName: "ann" };
const one = "ann:100000:65536\n";

describe("planIdMaps", () => {
  const cases = [
    {
      what: "one range",
      subuid: one,
      expected: [
        [0, 1000, 1],
        [1, 100000, 65536],
      ],
    },
    {
      what: "several ranges, some by uid, of several users",
      subuid: "# comment\nbob:100000:65536\nann:200000:10\n1000:300000:20\n10001:1:2\n",
      expected: [
        [0, 1000, 1],
        [1, 200000, 10],
        [11, 300000, 20],
      ],
    },
    {
      what: "a range beside one that makes no sense",
      subuid: "ann:x:65536\nann:100000:0\nann:4294967290:10\nann:5000:5",
      expected: [
        [0, 1000, 1],
        [1, 5000, 5],
      ],
    },
  ];
  for (const { what, subuid, expected } of cases) {
    it(`maps ${what}`, () => {
      const { uids } = planIdMaps({ ...owner, subuid, subgid: one });
      assert.deepEqual(
        uids.map(({ containerId, hostId, size }) => [containerId, hostId, size]),
        expected,
      );
    });
  }

  const missing = [
    { subuid: "", subgid: one, file: "/etc/subuid", line: "ann:100000:65536" },
    { subuid: one, subgid: "bob:100000:65536", file: "/etc/subgid", line: "ann:165536:65536" },
    { subuid: "anna:300000:7", subgid: one, file: "/etc/subuid", line: "ann:300007:65536" },
  ];
  for (const { subuid, subgid, file, line } of missing) {
    it(`names ${file} and the line ${line} when the user has no range`, () => {
      assert.throws(() => planIdMaps({ ...owner, subuid, subgid }), {
        code: "ERR_WHERRY_NO_SUB_IDS",
        message: `no subordinate ids for user ann in ${file}`,
        hint: new RegExp(`add the line "${line}" to ${file} as root.*sub-ids`),
      });
    });
  }

  it("never maps a container id twice and leaves no hole", () => {
    const range = fc.tuple(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 1e6 }));
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), (ranges) => {
        const subuid = ranges.map(([first, size]) => `ann:${first}:${size}`).join("\n");
        let next = 0;
        for (const map of planIdMaps({ ...owner, subuid, subgid: one }).uids) {
          assert.equal(map.containerId, next);
          next += map.size;
        }
        assert.equal(next, 1 + ranges.reduce((sum, [, size]) => sum + size, 0));
      }),
    );
  });
});
