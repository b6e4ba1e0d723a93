import assert from "node:assert/strict";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ImageCli } from "../support/run-image.ts";
import { startRegistry, type TestRegistry } from "../support/registry.ts";

/** How many requests about manifests were under way when each of them came, its own included. */
interface Front {
  readonly host: string;
  readonly underWay: readonly number[];
}

describe("wherry-image sync, in parallel", function () {
  this.timeout(30_000);
  let cli: ImageCli;
  let from: TestRegistry;
  let to: TestRegistry;
  let fronts: Server[];

  beforeEach(async () => {
    cli = new ImageCli();
    [from, to] = [await startRegistry(), await startRegistry()];
    fronts = [];
    for (let tag = 0; tag < 40; tag++)
      for (const { storage } of [from, to]) storage.addImage("app", { tag: String(tag), config: { tag } });
  });
  afterEach(async () => {
    for (const front of fronts) front.close().closeAllConnections();
    for (const registry of [from, to]) await registry[Symbol.asyncDispose]();
    cli[Symbol.dispose]();
  });

  /** Stands before a registry, and keeps each question about a manifest for 40 ms. The first `refused` get 429. */
  async function front(registry: TestRegistry, refused = 0): Promise<Front> {
    const underWay: number[] = [];
    let count = 0;
    const server = createServer((asked, answer) => {
      const isManifest = asked.url?.includes("/manifests/") === true;
      if (isManifest) underWay.push(++count);
      const isRefused = isManifest && underWay.length <= refused;
      answer.once("close", () => (count -= Number(isManifest)));
      const pass = (): void => {
        if (isRefused) {
          answer.writeHead(429, { "retry-after": "0" }).end();
          return;
        }
        const { method, url: path, headers } = asked;
        const passed = request({ host: "127.0.0.1", port: registry.port, method, path, headers }, (given) => {
          answer.writeHead(given.statusCode ?? 500, given.headers);
          given.pipe(answer);
        });
        asked.pipe(passed);
      };
      setTimeout(pass, isManifest ? 40 : 0);
    });
    fronts.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, underWay };
  }

  async function unchanged(host: string, ...flags: readonly string[]): Promise<void> {
    const words = [
      ...flags,
      "--src",
      "docker",
      "--dest",
      "docker",
      "--tls-verify=false",
      `${host}/app`,
      to.host,
    ];
    const { status, err } = await cli.run("sync", ...words);
    assert.equal(status, 0, err);
    assert.match(err, /40 unchanged/);
  }

  it("asks several at a time, more as it goes well, within bounds", async () => {
    const { host, underWay } = await front(from);
    await unchanged(host);
    assert.equal(Math.max(...underWay.slice(0, 6)), 6);
    assert.ok(Math.max(...underWay) > 6);
    assert.ok(Math.max(...underWay) <= 16);
  });

  it("asks no more than --jobs says, which is skopeo's --image-parallel-copies too", async () => {
    const { host, underWay } = await front(from);
    await unchanged(host, "--jobs=9");
    await unchanged(host, "--image-parallel-copies=8");
    assert.ok(Math.max(...underWay.slice(0, 40)) === 9 && Math.max(...underWay.slice(40)) === 8);
  });

  it("asks half as many when the registry pleads for it", async () => {
    const { host, underWay } = await front(from, 6);
    await unchanged(host);
    // six were refused and asked again in the places they had; then the smaller budget counts
    assert.ok(Math.max(...underWay.slice(12, 18)) <= 5, underWay.join(" "));
  });
});
