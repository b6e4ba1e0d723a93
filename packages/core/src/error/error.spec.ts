import assert from "node:assert/strict";
import { errnoOf, FileSystemError, machineFailure, withoutCredentials } from "./index.ts";

describe("withoutCredentials", () => {
  const cases = [
    { text: "GET https://me:secret@host/v2/ failed", expected: "GET https://host/v2/ failed" },
    { text: "https://host:5000/v2/", expected: "https://host:5000/v2/" },
    { text: "mail me@example.org", expected: "mail me@example.org" },
    { text: "http://token@a and docker://u:p@b/c", expected: "http://a and docker://b/c" },
  ];
  for (const { text, expected } of cases) {
    it(`turns "${text}" into "${expected}"`, () => {
      assert.equal(withoutCredentials(text), expected);
    });
  }
});

describe("FileSystemError", () => {
  it("says what was done to which path and why it failed", () => {
    const cause = Object.assign(new Error("x"), { code: "ENOSPC" });
    const error = new FileSystemError("write", "/data/blob", cause);
    assert.equal(error.message, "cannot write /data/blob: no space left on device");
    assert.match(error.hint ?? "", /free some space/);
    assert.equal(error.exitStatus, 125);
  });
});

describe("errnoOf", () => {
  it("reads only names of system errors", () => {
    assert.equal(errnoOf(Object.assign(new Error("x"), { code: "ENOENT" })), "ENOENT");
    assert.equal(errnoOf(Object.assign(new Error("x"), { code: "ERR_WHERRY_X" })), undefined);
    assert.equal(errnoOf("ENOENT"), undefined);
  });
});

describe("machineFailure", () => {
  const cases = [
    {
      fields: { code: "EMFILE", syscall: "open", path: "/a" },
      expected: "cannot open /a: too many open files",
    },
    { fields: { code: "EIO", syscall: "fsync" }, expected: "cannot fsync a file: input/output error" },
    {
      fields: { code: "EAGAIN", syscall: "spawn crun", path: "crun" },
      expected: "cannot start crun: resource temporarily unavailable",
    },
    {
      fields: { code: "ENOENT", syscall: "uv_cwd" },
      expected: "cannot find the current folder: no such file or directory",
    },
    { fields: { code: "ENOENT", syscall: "open", path: "/a" }, expected: undefined },
    { fields: { code: "ERR_X" }, expected: undefined },
  ];
  for (const { fields, expected } of cases) {
    it(`makes ${expected ?? "nothing"} of ${fields.code}`, () => {
      assert.equal(machineFailure(Object.assign(new Error("x"), fields))?.message, expected);
    });
  }
});
