import assert from "node:assert/strict";
import { confLogWarning, logOptions, withConfLog } from "./log-options.ts";

describe("logOptions", () => {
  const cases = [
    { driver: undefined, opts: undefined, expected: undefined },
    { driver: "none", opts: undefined, expected: { driver: "none" } },
    { driver: undefined, opts: ["max-size=10mb"], expected: { maxSize: 10_000_000 } },
    { driver: "json-file", opts: ["max-size=1.5k"], expected: { driver: "json-file", maxSize: 1500 } },
    { driver: undefined, opts: ["path=a/log", "tag=web"], expected: { path: "/here/a/log", tag: "web" } },
    { driver: undefined, opts: ["path=a:b/log"], expected: { path: "/here/a:b/log" } },
    { driver: undefined, opts: ["path=/x/log", "MAX-SIZE=5"], expected: { path: "/x/log", maxSize: 5 } },
  ];
  for (const { driver, opts, expected } of cases) {
    it(`reads ${driver ?? "no driver"} with ${opts?.join(" ") ?? "no options"}`, () => {
      assert.deepEqual(logOptions({ "log-driver": driver, "log-opt": opts }, "/here"), expected);
    });
  }

  const wrong = [
    {
      driver: "journald",
      opts: undefined,
      says: /invalid log driver "journald": known are k8s-file, json-file/,
    },
    { driver: undefined, opts: ["max-size=ten"], says: /invalid size: "ten"/ },
    { driver: undefined, opts: ["max-size=0"], says: /invalid size/ },
    { driver: undefined, opts: ["max-size"], says: /invalid log option "max-size"/ },
    { driver: undefined, opts: ["colour=red"], says: /invalid log option "colour=red"/ },
    { driver: undefined, opts: ["path=/a:b"], says: /colon/ },
  ];
  for (const { driver, opts, says } of wrong) {
    it(`refuses ${driver ?? ""}${opts?.join(" ") ?? ""}`, () => {
      assert.throws(() => logOptions({ "log-driver": driver, "log-opt": opts }, "/"), says);
    });
  }
});

describe("withConfLog", () => {
  const cases = [
    { asked: undefined, conf: {}, expected: undefined },
    { asked: undefined, conf: { logDriver: "none" }, expected: { driver: "none" } },
    { asked: { driver: "k8s-file" as const }, conf: { logDriver: "none" }, expected: { driver: "k8s-file" } },
    { asked: undefined, conf: { logSizeMax: 9000 }, expected: { maxSize: 9000 } },
    { asked: undefined, conf: { logSizeMax: -1 }, expected: undefined },
    { asked: { maxSize: 5 }, conf: { logSizeMax: 9000 }, expected: { maxSize: 5 } },
    { asked: undefined, conf: { logDriver: "journald" }, expected: undefined },
  ];
  for (const { asked, conf, expected } of cases) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(asked)} and ${JSON.stringify(conf)}`, () => {
      assert.deepEqual(withConfLog(asked, conf), expected);
    });
  }

  it("refuses a size that is too small, and tells of a driver it does not have", () => {
    assert.throws(() => withConfLog(undefined, { logSizeMax: 100 }), /at least 8192/);
    assert.match(confLogWarning({ logDriver: "journald" }) ?? "", /"journald" .* is not supported/);
    assert.equal(confLogWarning({ logDriver: "json-file" }), undefined);
  });
});
