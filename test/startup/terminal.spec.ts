import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const WHERRY_IMAGE = join(import.meta.dirname, "../../packages/image/bin/wherry-image");

describe("login on a terminal", function () {
  this.timeout(30_000);
  let folder = "";
  let registry: TestRegistry;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "wherry-terminal-"));
    registry = await startRegistry({ auth: { kind: "basic", username: "me", password: "secret" } });
  });
  after(async () => {
    await registry[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Types each answer when its question appears. */
  function login(answers: readonly (readonly [question: string, typed: string])[]) {
    const terminal = spawn(WHERRY_IMAGE, ["login", "--tls-verify=false", registry.host], {
      cols: 80,
      rows: 24,
      env: {
        HOME: folder,
        PATH: "/usr/bin:/bin",
        REGISTRY_AUTH_FILE: join(folder, "auth.json"),
        WHERRY_NODE: process.execPath,
      },
    });
    const rest = [...answers];
    let shown = "";
    terminal.onData((data) => {
      shown += data;
      const [next] = rest;
      if (next === undefined || !shown.includes(next[0])) return;
      rest.shift();
      terminal.write(next[1]);
    });
    return new Promise<{ shown: string; status: number }>((resolve) => {
      terminal.onExit(({ exitCode }) => resolve({ shown, status: exitCode }));
    });
  }

  it("asks for the password without showing any of it, corrections included", async () => {
    const { shown, status } = await login([
      ["Username: ", "me\r"],
      ["Password: ", "sx\x7fecret\r"],
    ]);
    assert.match(shown, /Password: \r\n(?:\r\n)?Login Succeeded!\r\n$/);
    assert.equal(status, 0);
    assert.ok(
      Object.keys((JSON.parse(readFileSync(join(folder, "auth.json"), "utf8")) as { auths: object }).auths)
        .length > 0,
    );
  });

  it("ends with 130 and without a word at Ctrl-C", async () => {
    rmSync(join(folder, "auth.json"), { force: true });
    const { shown, status } = await login([
      ["Username: ", "me\r"],
      ["Password: ", "\x03"],
    ]);
    assert.equal(status, 130);
    assert.doesNotMatch(shown, /Error/);
  });

  it("says what is missing when the input ends", async () => {
    const { shown, status } = await login([["Username: ", "\x04"]]);
    assert.equal(status, 1);
    assert.match(shown, /Error: a username was not given/);
  });
});
