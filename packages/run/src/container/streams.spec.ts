import assert from "node:assert/strict";
import { NO_CONTAINERS_CONF } from "@wherry/core/config";
import { detachKeys } from "./streams.ts";

describe("detachKeys", () => {
  const cases = [
    { flag: undefined, conf: undefined, expected: [0x10, 0x11] },
    { flag: undefined, conf: "ctrl-a", expected: [1] },
    { flag: "ctrl-x,x", conf: "ctrl-a", expected: [0x18, 0x78] },
    { flag: "", conf: "ctrl-a", expected: [] },
    { flag: undefined, conf: "", expected: [] },
  ];
  for (const { flag, conf, expected } of cases)
    it(`of the flag ${JSON.stringify(flag)} and detach_keys ${JSON.stringify(conf)}`, () => {
      const engine = conf === undefined ? {} : { detachKeys: conf };
      const { engine: others } = NO_CONTAINERS_CONF;
      const host = { conf: { ...NO_CONTAINERS_CONF, engine: { ...others, ...engine } } };
      assert.deepEqual([...detachKeys(host, { "detach-keys": flag })], expected);
    });

  it("refuses keys that are none", () => {
    assert.throws(() => detachKeys({ conf: NO_CONTAINERS_CONF }, { "detach-keys": "ctrl-" }), {
      code: "ERR_WHERRY_INVALID_DETACH_KEYS",
    });
  });
});
