import assert from "node:assert/strict";
import { isGitUrl, parseGitUrl } from "./git-url.ts";

describe("git URLs", () => {
  const cases: [text: string, expected: ReturnType<typeof parseGitUrl> | undefined][] = [
    ["https://h/x.git", { remote: "https://h/x.git", folder: "" }],
    ["https://h/x.git#v1", { remote: "https://h/x.git", ref: "v1", folder: "" }],
    ["https://h/x.git#v1:a/b", { remote: "https://h/x.git", ref: "v1", folder: "a/b" }],
    ["https://h/x.git#:/a/", { remote: "https://h/x.git", folder: "a" }],
    ["https://me:p%40ss@h/x.git", { remote: "https://h/x.git", credentials: "me:p@ss", folder: "" }],
    ["git@h:team/x#main", { remote: "git@h:team/x", ref: "main", folder: "" }],
    ["ssh://git@h:22/x", { remote: "ssh://git@h:22/x", folder: "" }],
    ["git://h/x#:a/../b", { remote: "git://h/x", folder: "b" }],
    ["git+https://h/x", { remote: "https://h/x", folder: "" }],
    ["https://h/x.tar", undefined],
    ["https://h/x.git/archive.tar", undefined],
    ["https://h/f?x=a.git", undefined],
    ["folder.git", undefined],
    ["a:b", undefined],
  ];
  for (const [text, expected] of cases)
    it(`takes ${text} for ${expected === undefined ? "something else" : "a repository"}`, () => {
      assert.equal(isGitUrl(text), expected !== undefined);
      if (expected !== undefined) assert.deepEqual(parseGitUrl(text), expected);
    });

  for (const text of ["https://h/x.git#--upload-pack=x", "https://h/x.git#:../y", "-u@h:x", "git@h:x#a b"])
    it(`refuses ${text}`, () => {
      assert.throws(() => parseGitUrl(text), /invalid git repository|leads out of the repository/);
    });

  it("keeps the password out of what it says", () => {
    assert.throws(
      () => parseGitUrl("https://me:secret@h/x.git#-x"),
      (error: Error) => !error.message.includes("secret"),
    );
  });
});
