import assert from "node:assert/strict";
import { parseSecret } from "./index.ts";

describe("parseSecret", () => {
  const mount = { type: "mount", uid: 0, gid: 0, mode: 0o444 };
  const cases = [
    { text: "key", expected: { ...mount, source: "key", target: "/run/secrets/key" } },
    { text: "source=key", expected: { ...mount, source: "key", target: "/run/secrets/key" } },
    { text: "key,target=db", expected: { ...mount, source: "key", target: "/run/secrets/db" } },
    { text: "key,target=a/b", expected: { ...mount, source: "key", target: "/run/secrets/a/b" } },
    { text: "key,target=/etc/key", expected: { ...mount, source: "key", target: "/etc/key" } },
    {
      text: "key,type=mount,uid=5,gid=6,mode=0400",
      expected: { type: "mount", source: "key", target: "/run/secrets/key", uid: 5, gid: 6, mode: 0o400 },
    },
    { text: "key,type=env", expected: { ...mount, type: "env", source: "key", target: "key" } },
    { text: "key,type=env,target=PASS", expected: { ...mount, type: "env", source: "key", target: "PASS" } },
  ];
  for (const { text, expected } of cases) {
    it(`reads ${text}`, () => {
      assert.deepEqual(parseSecret(text), expected);
    });
  }

  const wrong = [
    { text: "", says: /no source found/ },
    { text: "target=/x", says: /no source found/ },
    { text: "key,target", says: /option target must be in form option=value/ },
    { text: "key,colour=red", says: /option colour invalid/ },
    { text: "key,type=file", says: /type file is invalid/ },
    { text: "key,type=env,mode=0400", says: /cannot be set with secret type env/ },
    { text: "key,mode=9", says: /mode 9 invalid/ },
    { text: "key,mode=17777", says: /mode 17777 invalid/ },
    { text: "key,uid=-1", says: /uid -1 invalid/ },
    { text: "key,gid=x", says: /gid x invalid/ },
    { text: "key,target=/", says: /cannot be a file/ },
    { text: "key,target=", says: /cannot be a file/ },
    { text: "key,type=env,target=A=B", says: /cannot name a variable/ },
  ];
  for (const { text, says } of wrong) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseSecret(text), { code: "ERR_WHERRY_INVALID_SECRET", message: says });
    });
  }
});
