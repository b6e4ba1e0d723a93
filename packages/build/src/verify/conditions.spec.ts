import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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
    const show = () => execFileSync("sh", ["-c", "umask; echo $TZ; nproc"], { encoding: "utf8" }).split("\n");
    const usual = show();
    const same: string[] = [];
    {
      await using _entered = await enterConditions({
        ...{ umask: 0o027, env: { TZ: "Elsewhere" }, oneProcessor: true },
        onSame: (what) => same.push(what),
      });
      assert.deepEqual(show(), ["0027", "Elsewhere", "1", ""]);
    }
    assert.deepEqual(show(), usual);
    assert.equal(same.length, usual[2] === "1" ? 1 : 0);
  });
});
