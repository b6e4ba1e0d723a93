import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askPreexecHooks } from "./preexec-hooks.ts";

describe("askPreexecHooks", () => {
  let root: string;
  const at = (path: string) => join(root, path);
  const hook = (path: string, body: string, mode = 0o755) => {
    mkdirSync(join(at(path), ".."), { recursive: true });
    writeFileSync(at(path), `#!/bin/sh\necho "${path} $@" >>${at("asked")}\n${body}\n`);
    chmodSync(at(path), mode);
  };
  const ask = (folder?: string) =>
    askPreexecHooks(["podman", "pull", "foobar"], {
      folder,
      folders: [at("libexec"), at("etc"), at("missing")],
    });

  beforeEach(() => (root = mkdtempSync(join(tmpdir(), "wherry-hooks-"))));
  afterEach(() => rmSync(root, { recursive: true }));

  it("shows each the command line, in order, and lets it pass", async () => {
    hook("libexec/b", "");
    hook("libexec/a", "");
    hook("libexec/notes", "exit 9", 0o644);
    hook("etc/c", "");
    hook("own/d", "");
    assert.equal(await ask(at("own")), undefined);
    assert.deepEqual(
      readFileSync(at("asked"), "utf8").trim().split("\n"),
      ["libexec/a", "libexec/b", "etc/c", "own/d"].map((path) => `${path} podman pull foobar`),
    );
  });

  it("ends with the status of the first that refuses, and asks no more", async () => {
    hook("etc/a", 'case "$*" in *"pull foobar"*) exit 42 ;; esac');
    hook("etc/b", "exit 43");
    assert.equal(await ask(), 42);
    assert.doesNotMatch(readFileSync(at("asked"), "utf8"), /etc\/b/);
    hook("etc/a", "kill -9 $$");
    assert.equal(await ask(), 1);
  });
});
