import assert from "node:assert/strict";
import { FileSystemError } from "./system-error.ts";
import { isUnwritable } from "./unwritable.ts";

describe("isUnwritable", () => {
  const failure = (code: string) => Object.assign(new Error(code), { code });

  for (const code of ["ENOENT", "ENOSPC", "EDQUOT", "EROFS", "EACCES"])
    it(`is ${code}, as it is and as an error of ours`, () => {
      assert.equal(isUnwritable(failure(code)), true);
      assert.equal(isUnwritable(new FileSystemError("write", "/x", failure(code))), true);
    });

  it("is neither a failing disk nor anything else", () => {
    for (const error of [
      failure("EIO"),
      new FileSystemError("write", "/x", failure("EIO")),
      new Error("x"),
      1,
    ])
      assert.equal(isUnwritable(error), false);
  });
});
