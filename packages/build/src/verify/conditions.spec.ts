import assert from "node:assert/strict";
import { run } from "@wherry/core/process";
import { enterConditions, variablesElsewhere } from "./conditions.ts";

describe("variablesElsewhere", () => {
  it("says otherwise whatever is usual", () => {
    const first = variablesElsewhere({}, "/one");
    const second = variablesElsewhere(first, "/two");
    for (const name of ["HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ"])
      assert.notEqual(second[name], first[name], name);
  });
});

describe("enterConditions", () => {
  it("holds for what is started, until it is left", async () => {
    const show = async () =>
      (await run("sh", ["-c", "umask; echo $TZ; nproc"])).stdout.toString().split("\n");
    const usual = await show();
    const same: string[] = [];
    {
      await using _entered = await enterConditions({
        ...{ umask: 0o027, env: { TZ: "Elsewhere" }, oneProcessor: true },
        onSame: (what) => same.push(what),
      });
      assert.deepEqual(await show(), ["0027", "Elsewhere", "1", ""]);
    }
    assert.deepEqual(await show(), usual);
    assert.equal(same.length, usual[2] === "1" ? 1 : 0);
  });
});
