import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { thisHost } from "./host.ts";

describe("thisHost", () => {
  const { HOME, TMPDIR } = process.env;
  afterEach(() => {
    for (const [name, value] of Object.entries({ HOME, TMPDIR })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  it("takes a variable that is empty for one that is not set", () => {
    Object.assign(process.env, { HOME: "", TMPDIR: "" });
    const { home, env } = thisHost({ workerProgram: undefined, selfProgram: [] });
    assert.equal(home, userInfo().homedir);
    assert.equal(env["TMPDIR"], undefined);
  });
});
