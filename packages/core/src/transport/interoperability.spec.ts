import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { copyImage } from "../image/index.ts";
import { digestOf, type Descriptor, type ImageManifest, type Manifest } from "../oci/index.ts";
import { findProgram, run } from "../process/index.ts";
import { openDestination, openSource, parseTransportName, type ImageSource } from "./index.ts";
import { addImage, addIndex, bytesOf, MemorySource, tarOf } from "./testdata/tar-image.ts";
import { TestContext } from "./testdata/test-context.ts";

const SLOW = 60_000;

let context: TestContext;
let image: MemorySource;
let tars: Buffer[];
let root: Manifest;

/** A fresh place for each test of a suite. */
function useFreshPlace(): void {
  beforeEach(async () => {
    context = new TestContext();
    image = new MemorySource();
    tars = [await tarOf({ "etc/motd": "hello\n" }), await tarOf({ "bin/sh": Buffer.alloc(100_000, "sh") })];
    root = addImage(image, tars);
  });
  afterEach(async () => {
    await context[Symbol.asyncDispose]();
  });
}

const source = (text: string): ImageSource => openSource(parseTransportName(text), context);

async function copy(from: ImageSource, text: string): Promise<Descriptor> {
  await using destination = openDestination(parseTransportName(text), context);
  return await copyImage(from, destination);
}

async function skopeo(...args: string[]): Promise<Buffer> {
  const { stdout } = await run("skopeo", ["--insecure-policy", ...args], { timeoutMs: SLOW });
  return stdout;
}

async function layersOf(from: ImageSource): Promise<string[]> {
  const manifest = await from.readManifest();
  if (manifest.kind !== "image") throw new Error("an image was expected");
  const digests: string[] = [];
  for (const layer of manifest.content.layers)
    digests.push(digestOf(await plain(await bytesOf(await from.readBlob(layer)))));
  return digests;
}

async function plain(layer: Buffer): Promise<Buffer> {
  const { gunzipSync } = await import("node:zlib");
  return layer[0] === 0x1f && layer[1] === 0x8b ? gunzipSync(layer) : layer;
}

const diffIds = (): string[] => tars.map((tar) => digestOf(tar));

describe("with skopeo (skipped where it is not installed)", function () {
  useFreshPlace();
  this.timeout(SLOW);
  before(function () {
    if (findProgram("skopeo") === undefined) this.skip();
  });

  const written = [
    { place: "oci:PATH:v1", keepsDigest: true },
    { place: "oci-archive:PATH:v1", keepsDigest: true },
    { place: "dir:PATH", keepsDigest: true },
    { place: "docker-archive:PATH:docker.io/a/b:1", keepsDigest: false },
  ];
  for (const { place, keepsDigest } of written) {
    it(`skopeo reads our ${place.replace("PATH", "x")}`, async () => {
      const text = place.replace("PATH", context.path("x"));
      await copy(image, text);
      const summary = JSON.parse((await skopeo("inspect", text)).toString()) as {
        Digest: string;
        Layers: string[];
      };
      if (keepsDigest) assert.equal(summary.Digest, root.descriptor.digest);
      assert.equal(summary.Layers.length, 2);
      await skopeo("copy", text, `dir:${context.path("theirs")}`);
      const config = JSON.parse((await skopeo("inspect", "--config", text)).toString()) as {
        rootfs: { diff_ids: string[] };
      };
      assert.deepEqual(config.rootfs.diff_ids, diffIds());
      assert.deepEqual(await layersOf(source(`dir:${context.path("theirs")}`)), diffIds());
    });

    it(`we read skopeo's ${place.replace("PATH", "x")}`, async () => {
      await copy(image, `dir:${context.path("ours")}`);
      const text = place.replace("PATH", context.path("x"));
      await skopeo("copy", `dir:${context.path("ours")}`, text);
      if (keepsDigest)
        assert.equal((await source(text).readManifest()).descriptor.digest, root.descriptor.digest);
      assert.deepEqual(await layersOf(source(text)), diffIds());
    });
  }

  it("reads our store as a layout", async () => {
    await copy(image, "containers-storage:quay.io/a/b:1");
    const raw = await skopeo("inspect", "--raw", `oci:${context.store().root}:quay.io/a/b:1`);
    assert.deepEqual(raw, Buffer.from(root.bytes));
  });

  it("reads our archive of several images, and we read its additional tags", async () => {
    const { DockerArchiveWriter } = await import("./index.ts");
    const { parseReference } = await import("../reference/index.ts");
    const other = new MemorySource();
    addImage(other, [tars[0] ?? Buffer.alloc(0)]);
    const path = context.path("many.tar");
    {
      await using writer = new DockerArchiveWriter(path);
      await copyImage(image, writer.destination([parseReference("a/b:1")]));
      await copyImage(other, writer.destination([parseReference("c/d:2")]));
      await writer.finish();
    }
    const tags = JSON.parse((await skopeo("list-tags", `docker-archive:${path}`)).toString()) as {
      Tags: string[];
    };
    assert.deepEqual(tags.Tags.sort(), ["docker.io/a/b:1", "docker.io/c/d:2"]);
    await skopeo("copy", `docker-archive:${path}:c/d:2`, `dir:${context.path("theirs")}`);
    assert.deepEqual(await layersOf(source(`dir:${context.path("theirs")}`)), diffIds().slice(0, 1));
    await skopeo(
      "copy",
      "--additional-tag=quay.io/x/y:3",
      `dir:${context.path("theirs")}`,
      `docker-archive:${context.path("t.tar")}:z:1`,
    );
    assert.deepEqual(
      await layersOf(source(`docker-archive:${context.path("t.tar")}:quay.io/x/y:3`)),
      diffIds().slice(0, 1),
    );
  });

  it("copies our index of several platforms, and we its own", async () => {
    const arm = addImage(image, [tars[0] ?? Buffer.alloc(0)], { architecture: "arm64" });
    const index = addIndex(image, { amd64: root, arm64: arm });
    await copy(image, `oci:${context.path("x")}:multi`);
    await skopeo("copy", "--all", `oci:${context.path("x")}:multi`, `dir:${context.path("y")}`);
    assert.deepEqual(readFileSync(context.path("y/manifest.json")), Buffer.from(index.bytes));
    assert.equal(
      (await copy(source(`dir:${context.path("y")}`), `oci:${context.path("z")}`)).digest,
      index.descriptor.digest,
    );
    await copy(image, `dir:${context.path("d")}`);
    await skopeo("copy", "--all", `dir:${context.path("d")}`, `oci:${context.path("e")}:multi`);
    assert.equal(
      (await source(`oci:${context.path("e")}:multi`).readManifest()).descriptor.digest,
      index.descriptor.digest,
    );
  });

  it("agrees with our summary, key for key", async () => {
    const { inspectImage } = await import("../image/index.ts");
    await copy(image, `oci:${context.path("x")}:v1`);
    const theirs = JSON.parse((await skopeo("inspect", `oci:${context.path("x")}:v1`)).toString()) as Record<
      string,
      unknown
    >;
    const ours = await inspectImage(source(`oci:${context.path("x")}:v1`), {
      platform: { os: "linux", architecture: "amd64" },
    });
    for (const [key, value] of Object.entries(theirs))
      assert.deepEqual((ours as unknown as Record<string, unknown>)[key], value, key);
  });
});

describe("with umoci (skipped where it is not installed)", function () {
  useFreshPlace();
  this.timeout(SLOW);
  before(function () {
    if (findProgram("umoci") === undefined) this.skip();
  });

  it("lists, unpacks and changes our layout, and we read what it made", async () => {
    const layout = context.path("x");
    await copy(image, `oci:${layout}:v1`);
    const { stdout } = await run("umoci", ["ls", "--layout", layout]);
    assert.equal(stdout.toString().trim(), "v1");
    await run("umoci", ["unpack", "--rootless", "--image", `${layout}:v1`, context.path("bundle")]);
    assert.equal(readFileSync(context.path("bundle/rootfs/etc/motd"), "utf8"), "hello\n");
    await run("umoci", ["config", "--image", `${layout}:v1`, "--tag", "v2", "--config.label", "by=umoci"]);
    await run("umoci", ["gc", "--layout", layout]);
    assert.deepEqual(await layersOf(source(`oci:${layout}:v1`)), diffIds());
    assert.equal((await copy(source(`oci:${layout}:v2`), "containers-storage:changed")).size > 0, true);
    assert.equal(context.store().images.get("changed").labels["by"], "umoci");
  });

  it("finds our store in order, and its clean-up takes nothing we need", async () => {
    await copy(image, "containers-storage:quay.io/a/b:1");
    const { root: folder } = context.store();
    const work = context.path("copy");
    await run("cp", ["-r", folder, work]);
    await run("umoci", ["gc", "--layout", work]);
    const manifest = (await source(`oci:${work}:quay.io/a/b:1`).readManifest()).content as ImageManifest;
    for (const { digest } of [manifest.config, ...manifest.layers])
      assert.equal(existsSync(`${work}/blobs/${digest.replace(":", "/")}`), true);
  });
});
