import assert from "node:assert/strict";
import { checkRootless, volumeOwner, volumeSource } from "./local-volume.ts";

describe("volumeSource", () => {
  const cases = [
    { options: {}, expected: { kind: "folder" } },
    { options: { o: "noquota,uid=5" }, expected: { kind: "folder" } },
    {
      options: { type: "tmpfs", device: "tmpfs", o: "size=1m" },
      expected: { kind: "file system", type: "tmpfs", device: "tmpfs", options: ["size=1m"] },
    },
    {
      options: { type: "none", device: "/srv", o: "bind,ro" },
      expected: { kind: "bind", device: "/srv", options: ["bind", "ro"] },
    },
    { options: { type: "bind", device: "/srv" }, expected: { kind: "bind", device: "/srv", options: [] } },
  ];
  for (const { options, expected } of cases) {
    it(`reads ${JSON.stringify(options)}`, () => {
      assert.deepEqual(volumeSource(options), expected);
    });
  }

  for (const options of [
    { frob: "1" },
    { o: "size=1m" },
    { device: "/srv" },
    { type: "none", o: "bind", device: "relative" },
  ]) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => volumeSource(options), { code: "ERR_WHERRY_INVALID_VOLUME_OPTION" });
    });
  }

  it("of a kind that only root may mount is told apart", () => {
    checkRootless(volumeSource({ type: "tmpfs" }));
    assert.throws(() => {
      checkRootless(volumeSource({ type: "nfs", device: "server:/x" }));
    }, /only root mount nfs/);
  });
});

describe("volumeOwner", () => {
  it("reads uid and gid out of the mount options", () => {
    assert.deepEqual(volumeOwner({ o: "bind,uid=5,gid=6" }), { uid: 5, gid: 6 });
    assert.deepEqual(volumeOwner({ o: "guid=5" }), {});
  });
});
