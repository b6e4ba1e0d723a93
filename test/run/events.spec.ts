import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEvent } from "@wherry/core/store";
import { openBox, type Box } from "../support/box.ts";

const STARTED = ["container create", "container init", "container start"];

/**
 * What a command tells `events`, as `type status`. Taken from podman 4.3.1 on the same commands; where `why` is, podman tells
 * otherwise and the reason is there.
 */
const CHANGES: readonly {
  readonly argv: readonly string[];
  readonly tells: readonly string[];
  readonly status?: number;
  readonly why?: string;
}[] = [
  {
    argv: ["run", "--rm", "--name", "short", "--network", "none", "bb", "true"],
    tells: ["create", "init", "start", "attach", "died", "remove"].map((status) => `container ${status}`),
    why: "podman 4.3.1 tells of `image pull` too, though nothing was pulled",
  },
  {
    argv: ["create", "--name", "c", "--network", "none", "--stop-timeout", "0", "bb", "sleep", "1000"],
    tells: ["container create"],
  },
  { argv: ["init", "c"], tells: ["container init"] },
  { argv: ["start", "c"], tells: ["container start"] },
  { argv: ["exec", "c", "true"], tells: ["container exec", "container exec_died"] },
  { argv: ["exec", "c", "false"], tells: ["container exec", "container exec_died"], status: 1 },
  { argv: ["exec", "-d", "c", "sh", "-c", "exit 3"], tells: ["container exec", "container exec_died"] },
  { argv: ["rename", "c", "d"], tells: ["container rename"] },
  { argv: ["kill", "-s", "USR1", "d"], tells: ["container kill"] },
  { argv: ["export", "-o", "d.tar", "d"], tells: ["container export"], why: "podman 4.3.1 calls it `mount`" },
  { argv: ["commit", "-q", "d", "localhost/made"], tells: ["container commit"] },
  { argv: ["cp", "d:/bin/busybox", "copied"], tells: [] },
  { argv: ["top", "d"], tells: [] },
  {
    argv: ["restart", "d"],
    tells: ["restart", "died", "stop", "init", "start"].map((status) => `container ${status}`),
    why: "podman tells of `stop` only when the container ends by itself in time",
  },
  {
    argv: ["stop", "d"],
    tells: ["container died", "container stop"],
    why: "as restart; no second engine cleans up",
  },
  { argv: ["container", "cleanup", "d"], tells: ["container cleanup"] },
  { argv: ["update", "--memory", "100m", "d"], tells: ["container update"], why: "podman 5's word" },
  { argv: ["unshare", "wherry", "mount", "d"], tells: ["container mount"] },
  { argv: ["rm", "d"], tells: ["container remove"] },
  { argv: ["tag", "made", "localhost/also"], tells: ["image tag"] },
  { argv: ["untag", "made", "localhost/also"], tells: ["image untag"] },
  { argv: ["save", "-q", "-o", "made.tar", "made"], tells: ["image save"] },
  { argv: ["load", "-q", "-i", "made.tar"], tells: ["image loadfromarchive"] },
  { argv: ["rmi", "made"], tells: ["image untag", "image remove"] },
  {
    argv: ["pull", "-q", "localhost:1/nosuch"],
    tells: ["image pull-error"],
    status: 125,
    why: "podman 5's word",
  },
  { argv: ["run", "-d", "--name", "f", "--network", "none", "bb", "sleep", "1000"], tells: STARTED },
  { argv: ["rm", "-f", "-t", "0", "f"], tells: ["container died", "container remove"] },
  { argv: ["volume", "create", "v"], tells: ["volume create"] },
  { argv: ["volume", "prune", "-f"], tells: ["volume remove", "volume prune"] },
];

describe("events", function () {
  this.timeout(60_000);
  let box: Box;
  before(async () => {
    box = await openBox();
    told();
  });
  after(() => box[Symbol.asyncDispose]());

  let seen = 0;
  for (const { argv, tells, status: expected = 0 } of CHANGES) {
    it(`tells of \`${argv.join(" ")}\`: ${tells.join(", ") || "nothing"}`, async () => {
      const { status, stderr } = await box.wherry(argv);
      assert.equal(status, expected, stderr);
      const heard = told();
      for (let tries = 0; heard.length < tells.length && tries < 100; tries++) {
        await sleep(50); // the end of what is detached
        heard.push(...told());
      }
      assert.deepEqual(heard, tells);
    });
  }

  it("has the session of an exec, the status it ended with, and why a pull failed", async () => {
    const format = "{{.Status}} {{.ContainerExitCode}} {{len .Attributes.execID}} {{.Error}}";
    const sessions = await box.ok(
      "events",
      "--stream=false",
      "--filter",
      "event=exec_died",
      "--format",
      format,
    );
    assert.equal(sessions, "exec_died 0 64 \nexec_died 1 64 \nexec_died 3 64");
    const line = await box.ok("events", "--stream=false", "--filter", "event=pull-error");
    assert.match(line, /image pull-error {2}localhost:1\/nosuch .*localhost:1/);
  });

  /** What was written down since the last look. */
  function told(): string[] {
    const lines = readFileSync(join(box.user.home, ".local/share/wherry/events.log"), "utf8").split("\n");
    const events = lines.map(parseEvent).filter((event) => event !== undefined);
    const fresh = events.slice(seen);
    seen = events.length;
    return fresh.map(({ type, status }) => `${type} ${status}`);
  }
});
