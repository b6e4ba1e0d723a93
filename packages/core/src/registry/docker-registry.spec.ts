import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { Readable } from "node:stream";
import { createManifest, MEDIA_TYPE } from "../oci/index.ts";
import { RegistryClient, type RegistryAccess } from "./index.ts";
import { digestOf, tlsMissing } from "../../../../test/support/registry.ts";
import {
  dockerRegistryProgram,
  startDockerRegistry,
  type DockerRegistry,
} from "../../../../test/support/docker-registry.ts";

const missing = dockerRegistryProgram() === undefined ? "docker-registry is not installed" : tlsMissing();
const login = { username: "me", password: "secret" };

describe(`Debian's docker-registry${missing === undefined ? "" : ` (skipped: ${missing})`}`, function () {
  this.timeout(20_000);
  let registry: DockerRegistry | undefined;
  const access = (more: Partial<RegistryAccess> = {}): RegistryAccess => {
    assert.ok(registry);
    const { host, caFile = "" } = registry;
    return { host, ca: [readFileSync(caFile, "utf8")], credentials: () => Promise.resolve(login), ...more };
  };

  before(async function () {
    if (missing !== undefined) this.skip();
    registry = await startDockerRegistry({ parent: tmpdir(), tls: true, login });
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
  });

  it("refuses guests and wrong passwords", async () => {
    await using client = new RegistryClient(access({ credentials: () => Promise.resolve(undefined) }));
    await assert.rejects(client.checkLogin(), {
      code: "ERR_WHERRY_UNAUTHORIZED",
      message: /authentication required/,
    });
    const wrong = { credentials: () => Promise.resolve({ username: "me", password: "x" }) };
    await using other = new RegistryClient(access(wrong));
    await assert.rejects(other.checkLogin(), { code: "ERR_WHERRY_UNAUTHORIZED" });
  });

  it("takes, mounts, lists, gives back and deletes an image", async () => {
    await using client = new RegistryClient(access());
    const layer = randomBytes(3_000_000);
    const config = Buffer.from(
      `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`,
    );
    const blobs = [
      { mediaType: MEDIA_TYPE.ociConfig, digest: digestOf(config), size: config.length, content: config },
      { mediaType: MEDIA_TYPE.ociLayer, digest: digestOf(layer), size: layer.length, content: layer },
    ];
    for (const { content, ...blob } of blobs) {
      assert.equal(await client.hasBlob("first/image", blob.digest), false);
      await client.putBlob("first/image", blob, Readable.from([content]));
      assert.equal(await client.hasBlob("first/image", blob.digest), true);
      assert.equal(await client.mountBlob("second/image", blob.digest, "first/image"), true);
    }
    const [{ content: _, ...configDescriptor }, { content: __, ...layerDescriptor }] = blobs as [
      (typeof blobs)[0],
      (typeof blobs)[0],
    ];
    const manifest = createManifest({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: configDescriptor,
      layers: [layerDescriptor],
    });
    for (const tag of ["v1", "v2"]) await client.putManifest("second/image", tag, manifest);
    assert.deepEqual(await client.headManifest("second/image", "v1"), manifest.descriptor);
    const read = await client.getManifest("second/image", manifest.descriptor.digest);
    assert.deepEqual(Buffer.from(read.bytes), Buffer.from(manifest.bytes));
    const content = await (await client.getBlob("second/image", layerDescriptor)).toArray();
    assert.deepEqual(Buffer.concat(content as Buffer[]), layer);
    assert.deepEqual((await all(client.listTags("second/image"))).sort(), ["v1", "v2"]);
    assert.deepEqual(await all(client.listRepositories()), ["first/image", "second/image"]);
    await client.deleteManifest("second/image", manifest.descriptor.digest);
    assert.equal(await client.headManifest("second/image", "v1"), undefined);
  });

  it("takes chunks", async () => {
    await using client = new RegistryClient(access({ limits: { chunkSize: 700_000 } }));
    const content = randomBytes(2_000_000);
    const blob = { mediaType: "x", digest: digestOf(content), size: content.length };
    // a mount that cannot be leaves a session open, which the upload goes on with
    assert.equal(await client.mountBlob("chunks", blob.digest, "nowhere"), false);
    await client.putBlob("chunks", blob, Readable.from([content]));
    assert.equal(await client.hasBlob("chunks", blob.digest), true);
  });

  it("takes a blob again after its first upload broke off", async () => {
    await using client = new RegistryClient(access());
    const content = randomBytes(4_000_000);
    const blob = { mediaType: "x", digest: digestOf(content), size: content.length };
    const broken = Readable.from(
      (function* () {
        yield content.subarray(0, 1_000_000);
        throw new Error("the source broke");
      })(),
      { objectMode: false },
    );
    await assert.rejects(client.putBlob("broken", blob, broken), /the source broke/);
    assert.equal(await client.hasBlob("broken", blob.digest), false);
    await client.putBlob("broken", blob, Readable.from([content]));
    assert.equal(await client.hasBlob("broken", blob.digest), true);
  });

  it("says what is unknown in the words scripts look for", async () => {
    await using client = new RegistryClient(access());
    await assert.rejects(
      client.getManifest("first/image", "missing"),
      /^ManifestUnknownError: manifest unknown: /,
    );
    await assert.rejects(all(client.listTags("no/where")), {
      code: "ERR_WHERRY_REPOSITORY_UNKNOWN",
      message: /repository name not known to registry/,
    });
  });
});

async function all(items: AsyncIterable<string>): Promise<string[]> {
  const found = [];
  for await (const item of items) found.push(item);
  return found;
}
