import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "@lydell/node-pty";
import { ImageCli } from "../support/run-image.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const WHERRY_IMAGE = join(import.meta.dirname, "../../packages/image/bin/wherry-image");
const BAR = /Copying docker:\/\/\S+ \[[=> ]{30}\] [\d.]+ ?k?B \/ 300 ?\.?\d* kB/;
const ERASED = "\x1b[1A\r\x1b[J";

describe("progress of sync and apply", function () {
  this.timeout(30_000);
  let cli: ImageCli;
  let registry: TestRegistry;
  let other: TestRegistry;
  before(async () => {
    cli = new ImageCli();
    [registry, other] = [await startRegistry(), await startRegistry()];
    for (const tag of ["1", "2"])
      registry.storage.addImage("app", { tag, layers: [randomBytes(300_000)], config: { tag } });
  });
  after(async () => {
    for (const each of [registry, other]) await each[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  const syncTo = (repository: string): string[] => [
    ...["-s", "docker", "-d", "docker", "--src-tls-verify=false", "--dest-tls-verify=false"],
    ...[`${registry.host}/app`, `${other.host}/${repository}`],
  ];

  /** What a terminal of 120 columns is sent. */
  function onTerminal(...words: readonly string[]): Promise<{ shown: string; status: number }> {
    const env = { HOME: cli.path("home"), PATH: "/usr/bin:/bin", WHERRY_NODE: process.execPath };
    const terminal = spawn(WHERRY_IMAGE, [...words], { cols: 120, rows: 24, cwd: cli.path("."), env });
    let shown = "";
    terminal.onData((data) => (shown += data));
    return new Promise((resolve) => {
      terminal.onExit(({ exitCode }) => resolve({ shown, status: exitCode }));
    });
  }

  function assertBars({ shown, status }: { shown: string; status: number }, last: RegExp): void {
    assert.equal(status, 0, shown);
    assert.match(shown, BAR);
    const bars = shown.split(/\[[=> ]{30}\]/).length - 1;
    assert.ok(bars >= 2, shown);
    assert.ok(shown.includes(ERASED) || shown.includes("\x1b[2A\r\x1b[J"), "no bar was taken away");
    const left = shown.slice(shown.lastIndexOf("\x1b[J") + 3);
    assert.doesNotMatch(left, /\[[=> ]{30}\]/);
    assert.match(left, last);
    assert.equal(
      [...shown.matchAll(/Copied docker:\/\/\S+ to docker:\/\/\S+ \(30\d kB\)/g)].length,
      2,
      shown,
    );
  }

  it("is a bar for each image on a terminal, and none is left there", async () => {
    const plan = cli.path("plan.json");
    assertBars(await onTerminal("sync", ...syncTo("first")), /Synced 2 images/);
    rmSync(cli.path("home/.cache"), { recursive: true }); // or the blobs are mounted from there
    assert.equal((await cli.run("plan", "sync", "-o", plan, ...syncTo("second"))).status, 0);
    assertBars(await onTerminal("apply", plan), /Applied: 2 copied/);
  });

  it("is plain lines elsewhere, without one escape sequence", async () => {
    const { err, out } = await cli.run("sync", ...syncTo("plain"));
    assert.equal(out, "");
    assert.equal(err.trimEnd().split("\n").length, 3);
    assert.match(err, /^(?:Copied docker:\/\/\S+ to docker:\/\/\S+ \(.*\)\n){2}Synced 2 images/);
    assert.doesNotMatch(err, /\x1b/);
  });

  it("is objects for programs, on a terminal too", async () => {
    const { shown } = await onTerminal("sync", "--progress", "json", ...syncTo("json"));
    const events = shown
      .trimEnd()
      .split("\r\n")
      .map((line) => JSON.parse(line) as { event: string; size?: number; copied?: number });
    const begun = events.filter(({ event }) => event === "progress");
    assert.ok(begun.length >= 2 && begun.every(({ size = 0 }) => size > 300_000));
    assert.equal(events.filter(({ event }) => event === "image").length, 2);
    assert.equal(events.at(-1)?.event, "message");
  });
});
