import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { stagingName } from "../../packages/core/src/transport/staging.ts";
import { ImageCli } from "../support/run-image.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

const LAUNCHER = join(import.meta.dirname, "../../packages/image/bin/wherry-image");
const GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
const IMAGES = 6;
/** Moments of a sync at which it is killed; fifty take a minute. */
const SEEDS = Number(process.env["WHERRY_SYNC_KILLS"] ?? 3);

describe("wherry-image sync, killed", function () {
  this.timeout(60_000);
  let cli: ImageCli;
  let from: TestRegistry;
  /** Of all blobs. */
  let bytes = 0;

  before(async () => {
    cli = new ImageCli();
    from = await startRegistry();
    for (let tag = 1; tag <= IMAGES; tag++) {
      const layers = [gzipSync(randomBytes(300_000)), gzipSync(Buffer.from(String(tag)))];
      from.storage.addImage("app", { tag: String(tag), layers, layerMediaType: GZIP, config: { tag } });
      for (const layer of layers) bytes += layer.length;
    }
  });
  beforeEach(() => from.faults.push({ on: /^GET .*blobs/, times: 1e6, slowMs: 5 }));
  afterEach(() => from.faults.clear());
  after(async () => {
    await from[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  const words = (transport: string, target: string): string[] => [
    ...["--src", "docker", "--dest", transport, "--tls-verify=false"],
    `${from.host}/app`,
    target,
  ];

  /**
   * Starts a sync, and kills it when the registry has sent that part of all blobs, whatever time that takes.
   *
   * @param part 0 kills it as soon as it has begun to write
   */
  async function killed(transport: string, target: string, part: number): Promise<void> {
    const argv = ["sync", ...words(transport, target)];
    const env = { PATH: process.env["PATH"], HOME: cli.folder };
    const enough = from.blobBytesSent + part * bytes;
    const child = spawn(LAUNCHER, argv, { stdio: "ignore", env });
    const ended = once(child, "exit");
    const hasEnded = (): boolean => child.exitCode !== null;
    while (!hasEnded() && (from.blobBytesSent < enough || !existsSync(target))) await sleep(1);
    child.kill("SIGKILL");
    await ended;
    assert.equal(child.signalCode, "SIGKILL", "it was at work when it was killed");
  }

  it(`leaves a layout that the next run completes and sweeps, over ${SEEDS} seeds`, async function () {
    this.timeout(SEEDS * 10_000);
    let [interrupted, littered] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const target = cli.path(`layout-${seed}`);
      await killed("oci", target, ((seed * 0.618) % 1) * 0.95);
      const index = join(target, "index.json");
      const before = existsSync(index) ? namesIn(index).length : 0;
      interrupted += Number(before < IMAGES);
      littered += Number(staging(target).length > 0);
      const again = await cli.run("sync", ...words("oci", target));
      assert.equal(again.status, 0, again.err);
      assert.equal(namesIn(index).length, IMAGES);
      assert.deepEqual(staging(target), [], "what the killed one left is swept");
      checkBlobs(join(target, "blobs", "sha256"));
      rmSync(target, { recursive: true });
    }
    assert.equal(interrupted, SEEDS);
    assert.ok(littered > 0, `none of ${SEEDS} left anything to sweep`);
  });

  for (const part of [0, 0.3, 0.7]) {
    it(`leaves folders that the next run completes, killed after ${part * 100} % of the blobs`, async () => {
      const target = cli.path(`dir-${part}`);
      await killed("dir", target, part);
      const second = await cli.run("sync", ...words("dir", target));
      assert.equal(second.status, 0, second.err);
      assert.match((await cli.run("sync", ...words("dir", target))).err, /6 unchanged, 0 failed/);
      for (const [tag, digest] of from.storage.repository("app").tags) {
        const place = `dir:${target}/app:${tag}`;
        assert.equal((await cli.run("digest", place)).out.trim(), digest);
        // reads, and so checks, all blobs
        assert.equal((await cli.run("copy", "-q", place, `dir:${cli.path("check")}`)).status, 0);
        assert.deepEqual(staging(`${target}/app:${tag}`), []);
      }
    });
  }

  it("leaves alone what a living process writes, and another machine's for a day", async () => {
    const target = cli.path("shared");
    assert.equal((await cli.run("sync", ...words("oci", target))).status, 0);
    const [ours, theirs, old] = [
      ownName(target),
      ".wherry-00000000-1-5-0123456789ab",
      ".wherry-0123456789ab",
    ];
    for (const name of [theirs, old]) mkdirSync(join(target, name));
    utimesSync(join(target, old), 1, 1);
    assert.equal((await cli.run("sync", ...words("oci", target))).status, 0);
    assert.deepEqual(staging(target).sort(), [ours, theirs].sort());
  });
});

/** Makes a staging folder as this process would. */
function ownName(target: string): string {
  const name = stagingName();
  mkdirSync(join(target, name));
  return name;
}

function staging(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith(".wherry-")) : [];
}

function namesIn(index: string): unknown[] {
  return (JSON.parse(readFileSync(index, "utf8")) as { manifests: unknown[] }).manifests;
}

function checkBlobs(folder: string): void {
  for (const name of readdirSync(folder))
    assert.equal(
      createHash("sha256")
        .update(readFileSync(join(folder, name)))
        .digest("hex"),
      name,
    );
}
