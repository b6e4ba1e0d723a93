import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { ImageCli } from "../support/run-image.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const MAIN = join(import.meta.dirname, "../../packages/image/src/main.ts");
const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

/** When it is killed: after so many requests of the registry. */
const MOMENTS = [3, 5, 8, 12, 17, 23, 30];

describe("wherry-image sync, killed", function () {
  this.timeout(60_000);
  let cli: ImageCli;
  let from: TestRegistry;

  before(async () => {
    cli = new ImageCli();
    from = await startRegistry();
    for (const tag of ["1", "2", "3", "4", "5", "6"]) {
      const layers = [gzipSync(randomBytes(300_000)), gzipSync(Buffer.from(tag))];
      from.storage.addImage("app", { tag, layers, layerMediaType: GZIP, config: { tag } });
    }
  });
  after(async () => {
    await from[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  for (const transport of ["oci", "dir"]) {
    for (const moment of MOMENTS) {
      it(`leaves a ${transport} that the next run completes, killed after ${moment} requests`, async () => {
        from.requests.length = 0;
        from.faults.clear();
        from.faults.push({ on: /^GET .*blobs/, times: 99, slowMs: 5 });
        const target = cli.path(`${transport}-${moment}`);
        const words = [
          "--src",
          "docker",
          "--dest",
          transport,
          "--tls-verify=false",
          `${from.host}/app`,
          target,
        ];
        const child = spawn(process.execPath, ["--conditions=wherry-source", MAIN, "sync", ...words], {
          stdio: "ignore",
          env: { PATH: process.env["PATH"], HOME: cli.folder },
        });
        const ended = new Promise((resolve) => child.once("exit", resolve));
        while (from.requests.length < moment && child.exitCode === null) await sleep(2);
        child.kill("SIGKILL");
        await ended;
        from.faults.clear();
        const second = await cli.run("sync", ...words);
        assert.equal(second.status, 0, second.err);
        assert.match((await cli.run("sync", ...words)).err, /6 unchanged, 0 failed/);
        for (const [tag, digest] of from.storage.repository("app").tags) {
          const place = transport === "oci" ? `oci:${target}:app:${tag}` : `dir:${target}/app:${tag}`;
          assert.equal((await cli.run("digest", place)).out.trim(), digest);
          // reads, and so checks, all blobs
          assert.equal((await cli.run("copy", "-q", place, `dir:${cli.path("check")}`)).status, 0);
        }
        assert.ok(existsSync(target));
      });
    }
  }
});
