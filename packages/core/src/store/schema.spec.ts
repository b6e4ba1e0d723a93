import assert from "node:assert/strict";
import { SCHEMA_VERSION } from "./schema-version.ts";
import { MIGRATIONS } from "./schema.ts";

describe("the schema of the state", () => {
  it("has a step to each of its versions", () => {
    assert.equal(MIGRATIONS.length, SCHEMA_VERSION);
  });
});
