import assert from "node:assert/strict";
import fc from "fast-check";
import type { IdMap, IdMaps } from "./id-maps.ts";
import { parseIdMaps, parseUserMode, planUserMaps, type PlannedMode } from "./user-mode.ts";

const ids: IdMap[] = [
  { containerId: 0, hostId: 1000, size: 1 },
  { containerId: 1, hostId: 100_000, size: 65_536 },
];
const base: IdMaps = { uids: ids, gids: ids };
const plan = (mode: PlannedMode, taken: readonly IdMaps[] = []) =>
  planUserMaps(mode, { base, uid: 1000, gid: 1000, taken, subuid: TABLE, subgid: TABLE });
const TABLE = "other:5:5\nme:100010:100\nme:100200:50\n";
const rows = (maps: readonly IdMap[] = []) =>
  maps.map(({ containerId, hostId, size }) => `${containerId}:${hostId}:${size}`).join(" ");

describe("parseUserMode", () => {
  const cases: readonly [string, object][] = [
    ["", { kind: "host" }],
    ["host", { kind: "host" }],
    ["nomap", { kind: "nomap" }],
    ["keep-id", { kind: "keep-id" }],
    ["keep-id:uid=200,gid=210", { kind: "keep-id", uid: 200, gid: 210 }],
    ["auto", { kind: "auto" }],
    ["auto:size=2000", { kind: "auto", size: 2000 }],
    ["container:web", { kind: "container", container: "web" }],
    ["ns:/proc/1/ns/user", { kind: "path", path: "/proc/1/ns/user" }],
  ];
  for (const [text, expected] of cases)
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseUserMode(text), expected));

  for (const text of [
    "frob",
    "keep-id:uid",
    "keep-id:x=1",
    "auto:uid=3",
    "container:",
    "ns:relative",
    "nomap:1",
  ])
    it(`refuses ${text}`, () => assert.throws(() => parseUserMode(text), { code: "ERR_WHERRY_USER_MAP" }));
});

describe("planUserMaps", () => {
  const cases: readonly [PlannedMode, string][] = [
    [{ kind: "host" }, ""],
    [{ kind: "keep-id" }, "0:1:1000 1000:0:1 1001:1001:64536"],
    [{ kind: "keep-id", uid: 0 }, "0:0:1 1:1:65536"],
    [{ kind: "keep-id", uid: 200 }, "0:1:200 200:0:1 201:201:65336"],
    [{ kind: "keep-id", uid: 100_000 }, "0:1:65536 100000:0:1"],
    [{ kind: "nomap" }, "0:1:65536"],
    [{ kind: "maps", uids: ["0:1:7"], gids: [] }, "0:1:7"],
    [{ kind: "sub-ids", uidName: "me", gidName: "me" }, "0:11:100 100:201:50"],
    [{ kind: "auto", size: 2000 }, "0:1:2000"],
    [{ kind: "auto" }, "0:1:8192"],
  ];
  for (const [mode, expected] of cases)
    it(`gives ${JSON.stringify(mode)} ${expected || "no namespace"}`, () =>
      assert.equal(rows(plan(mode)?.uids), expected));

  it("gives automatic namespaces ids that none of the others has", () => {
    const taken: IdMaps[] = [];
    for (let index = 0; index < 8; index++) {
      const maps = plan({ kind: "auto" }, taken);
      assert.ok(maps);
      taken.push(maps);
    }
    assert.equal(rows(taken[7]?.uids), "0:57345:8192");
    assert.throws(() => plan({ kind: "auto" }, taken), { code: "ERR_WHERRY_USER_MAP" });
    assert.equal(rows(plan({ kind: "auto" }, taken.toSpliced(3, 1))?.uids), rows(taken[3]?.uids));
  });

  it("never maps an id twice, whatever id is kept", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200_000 }), (uid) => {
        const maps = plan({ kind: "keep-id", uid })?.uids ?? [];
        const hostIds = maps.flatMap(({ hostId, size }) => [hostId, hostId + size]);
        assert.ok(maps.some(({ containerId, hostId }) => containerId === uid && hostId === 0));
        assert.ok(Math.max(...hostIds) <= 65_537);
        assert.equal(maps.reduce((sum, { size }) => sum + size, 0) <= 65_537, true);
      }),
    );
  });
});

it("has no ids for a name without", () => {
  assert.throws(() => plan({ kind: "sub-ids", uidName: "other", gidName: "me" }), {
    code: "ERR_WHERRY_USER_MAP",
  });
});

it("crosses no border between ranges of the namespace above", () => {
  const parts = [...ids, { containerId: 65_537, hostId: 300_000, size: 1000 }];
  const maps = planUserMaps(
    { kind: "nomap" },
    { base: { uids: parts, gids: ids }, uid: 1000, gid: 1000, taken: [] },
  );
  assert.equal(rows(maps?.uids), "0:1:65536 65536:65537:1000");
  assert.equal(rows(maps?.gids), "0:1:65536");
});

describe("parseIdMaps", () => {
  it("reads ids of the user's namespace and of the host, for groups too", () => {
    const maps = parseIdMaps(["0:1:10", "10:@100020:5"], [], base);
    assert.equal(rows(maps.uids), "0:1:10 10:21:5");
    assert.deepEqual(maps.gids, maps.uids);
    assert.equal(rows(parseIdMaps(["0:0"], ["0:5:2"], base).gids), "0:5:2");
  });

  for (const text of ["0", "a:b", "0:0:0", "0:65530:100", "0:@5:1", "0:1:2:3", "+0:1:2"])
    it(`refuses ${text}`, () =>
      assert.throws(() => parseIdMaps([text], [], base), { code: "ERR_WHERRY_USER_MAP" }));
});
