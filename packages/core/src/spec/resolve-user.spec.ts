import assert from "node:assert/strict";
import { resolveUser } from "./index.ts";

const passwd = `root:x:0:0:root:/root:/bin/sh
bob:x:1000:1001:Bob:/home/bob:/bin/sh
42:x:4242:4242::/numeric:/bin/sh
nohome:x:1002:1002:::
broken line
bad:x:abc:1::/:
`;
const group = `root:x:0:
wheel:x:10:bob,alice
bob:x:1001:
games:x:60:bob
`;

describe("resolveUser", () => {
  const cases = [
    { text: "", expected: { uid: 0, gid: 0, additionalGids: [0], home: "/root", name: "root" } },
    { text: "root", expected: { uid: 0, gid: 0, additionalGids: [0], home: "/root", name: "root" } },
    {
      text: "bob",
      expected: { uid: 1000, gid: 1001, additionalGids: [1001, 10, 60], home: "/home/bob", name: "bob" },
    },
    {
      text: "1000",
      expected: { uid: 1000, gid: 1001, additionalGids: [1001, 10, 60], home: "/home/bob", name: "bob" },
    },
    {
      text: "bob:games",
      expected: { uid: 1000, gid: 60, additionalGids: [60], home: "/home/bob", name: "bob" },
    },
    { text: "bob:7", expected: { uid: 1000, gid: 7, additionalGids: [7], home: "/home/bob", name: "bob" } },
    {
      text: "bob:",
      expected: { uid: 1000, gid: 1001, additionalGids: [1001, 10, 60], home: "/home/bob", name: "bob" },
    },
    { text: ":games", expected: { uid: 0, gid: 60, additionalGids: [60], home: "/root", name: "root" } },
    { text: "5000", expected: { uid: 5000, gid: 0, additionalGids: [0], home: "/" } },
    { text: "5000:6000", expected: { uid: 5000, gid: 6000, additionalGids: [6000], home: "/" } },
    { text: "42", expected: { uid: 4242, gid: 4242, additionalGids: [4242], home: "/numeric", name: "42" } },
    { text: "nohome", expected: { uid: 1002, gid: 1002, additionalGids: [1002], home: "/", name: "nohome" } },
  ] as const;
  for (const { text, expected } of cases) {
    it(`resolves ${JSON.stringify(text)}`, () => {
      assert.deepEqual(resolveUser(text, { passwd, group }), expected);
    });
  }

  it("needs no files for numbers", () => {
    const empty = { passwd: "", group: "" };
    assert.deepEqual(resolveUser("0", empty), { uid: 0, gid: 0, additionalGids: [0], home: "/root" });
  });

  it("adds further groups by name and number, each once", () => {
    const { additionalGids } = resolveUser("bob", { passwd, group }, ["wheel", "7", "root", "1001"]);
    assert.deepEqual(additionalGids, [1001, 10, 60, 7, 0]);
  });

  const wrong = [
    { text: "alice", code: "ERR_WHERRY_UNKNOWN_USER" },
    { text: "bad", code: "ERR_WHERRY_UNKNOWN_USER" },
    { text: "-1", code: "ERR_WHERRY_UNKNOWN_USER" },
    { text: "bob:nobody", code: "ERR_WHERRY_UNKNOWN_GROUP" },
    { text: "a:b:c", code: "ERR_WHERRY_INVALID_USER" },
    { text: "4294967295", code: "ERR_WHERRY_INVALID_USER" },
    { text: "1:4294967295", code: "ERR_WHERRY_INVALID_USER" },
  ] as const;
  for (const { text, code } of wrong) {
    it(`refuses ${text}`, () => {
      assert.throws(() => resolveUser(text, { passwd, group }), { code });
    });
  }
});
