import assert from "node:assert/strict";
import { dateOf } from "./build-date.ts";

describe("dateOf", () => {
  const cases: [
    what: string,
    flags: Parameters<typeof dateOf>[0],
    args: (string | undefined)[],
    expected: object | undefined,
  ][] = [
    ["nothing", {}, [undefined], undefined],
    ["an empty variable", {}, [""], undefined],
    ["--timestamp", { timestamp: "5" }, ["6"], { seconds: 5, files: "force" }],
    [
      "--source-date-epoch before all else",
      { "source-date-epoch": "5" },
      ["6"],
      { seconds: 5, files: "keep" },
    ],
    ["--build-arg before the environment", {}, ["5", "6", "7"], { seconds: 5, files: "keep" }],
    ["the default of the ARG last", {}, [undefined, undefined, "7"], { seconds: 7, files: "keep" }],
    ["--rewrite-timestamp", { "rewrite-timestamp": true }, ["5"], { seconds: 5, files: "clamp" }],
  ];
  for (const [what, flags, args, expected] of cases)
    it(`takes the time from ${what}`, () => {
      assert.deepEqual(dateOf(flags, args), expected);
    });

  it("takes the time of the context's commit where that is meant, and none where there is no commit", () => {
    assert.deepEqual(dateOf({ "source-date-epoch": "context" }, ["6"], 5), { seconds: 5, files: "keep" });
    assert.deepEqual(dateOf({ "rewrite-timestamp": true }, ["context"], 5), { seconds: 5, files: "clamp" });
    assert.equal(dateOf({}, ["context"]), undefined);
    assert.deepEqual(dateOf({ timestamp: "7" }, ["context"]), { seconds: 7, files: "force" });
  });

  const refused: [flags: Parameters<typeof dateOf>[0], args: string[], message: RegExp][] = [
    [{ "rewrite-timestamp": true }, ["context"], /the context is no check-out of a git repository/],
    [{ timestamp: "soon" }, [], /invalid --timestamp "soon"/],
    [{ "rewrite-timestamp": true }, [], /--rewrite-timestamp needs a time/],
  ];
  for (const [flags, args, message] of refused)
    it(`refuses ${JSON.stringify(flags)} with ${JSON.stringify(args)}`, () => {
      assert.throws(() => dateOf(flags, args), message);
    });
});
