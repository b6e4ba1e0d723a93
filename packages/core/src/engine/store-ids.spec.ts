import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IdMap, IdMaps } from "../userns/index.ts";
import { hasSameIds, keepsIds, rememberIds } from "./store-ids.ts";

const map = (containerId: number, hostId: number, size: number): IdMap => ({ containerId, hostId, size });
const maps = (...ranges: readonly IdMap[]): IdMaps => {
  const all = [map(0, 1000, 1), ...ranges];
  return { uids: all, gids: all };
};
const USUAL = maps(map(1, 100_000, 65_536));

describe("keepsIds", () => {
  const cases = [
    { what: "the same ranges", now: USUAL, kept: true },
    { what: "a range more", now: maps(map(1, 100_000, 65_536), map(65_537, 300_000, 65_536)), kept: true },
    { what: "a longer range", now: maps(map(1, 100_000, 131_072)), kept: true },
    { what: "a range that begins elsewhere", now: maps(map(1, 200_000, 65_536)), kept: false },
    { what: "a shorter range", now: maps(map(1, 100_000, 1000)), kept: false },
    {
      what: "a range before it",
      now: maps(map(1, 300_000, 65_536), map(65_537, 100_000, 65_536)),
      kept: false,
    },
    { what: "other groups alone", now: { ...USUAL, gids: maps(map(1, 5, 10)).gids }, kept: false },
  ];
  for (const { what, now, kept } of cases)
    it(`${kept ? "keeps" : "changes"} the ids with ${what}`, () => {
      assert.equal(keepsIds(USUAL, now), kept);
    });
});

describe("hasSameIds", () => {
  let root: string;
  before(() => (root = mkdtempSync(join(tmpdir(), "wherry-ids-"))));
  after(() => rmSync(root, { recursive: true }));
  const other = maps(map(1, 200_000, 65_536));

  it("takes down the ids of a store's first user, and asks for them from then on", () => {
    assert.equal(hasSameIds(root, USUAL), true);
    assert.equal(hasSameIds(root, other), false);
    assert.equal(hasSameIds(root, other), false);
    rememberIds(root, other);
    assert.equal(hasSameIds(root, other), true);
  });

  it("takes down ranges that were added", () => {
    const more = maps(map(1, 200_000, 65_536), map(65_537, 1, 9));
    assert.equal(hasSameIds(root, more), true);
    assert.deepEqual(JSON.parse(readFileSync(join(root, "ids.json"), "utf8")), more);
  });

  for (const text of ["", "{", "[]", '{"uids":[{"containerId":"0"}],"gids":[]}'])
    it(`begins anew with a file that says ${JSON.stringify(text)}`, () => {
      writeFileSync(join(root, "ids.json"), text);
      assert.equal(hasSameIds(root, USUAL), true);
      assert.equal(hasSameIds(root, other), false);
    });

  it("leaves a store alone that is not there", () => {
    assert.equal(hasSameIds(join(root, "none"), USUAL), true);
  });
});
