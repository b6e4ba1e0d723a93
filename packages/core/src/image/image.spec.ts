import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { verified } from "../io/index.ts";
import { createManifest, digestOf, MEDIA_TYPE, type Descriptor, type Manifest } from "../oci/index.ts";
import { parseReference } from "../reference/index.ts";
import { openDestination, openSource, parseTransportName, type ImageSource } from "../transport/index.ts";
import { startRegistry } from "../../../../test/support/registry.ts";
import { TextWorker } from "../store/testdata/tiny-image.ts";
import { addImage, addIndex, bytesOf, MemorySource, tarOf } from "../transport/testdata/tar-image.ts";
import { TestContext } from "../transport/testdata/test-context.ts";
import {
  adaptSource,
  convertFormat,
  convertLayers,
  copyImage,
  deleteImage,
  inspectImage,
  selectPlatform,
  type CopyEvent,
  type CopyOptions,
} from "./index.ts";

let context: TestContext;
let image: MemorySource;
let base: Buffer;
let top: Buffer;
let root: Manifest;

/** A fresh place for each test of a suite. */
function useFreshPlace(): void {
  beforeEach(async () => {
    context = new TestContext();
    base = await tarOf({ "etc/motd": "hello" });
    top = await tarOf({ "bin/sh": Array.from({ length: 9000 }, (_, n) => (n * n) % 9973).join(" ") });
    image = new MemorySource();
    root = addImage(image, [base, top]);
  });
  afterEach(async () => {
    await context[Symbol.asyncDispose]();
  });
}

const source = (text: string): ImageSource => openSource(parseTransportName(text), context);

async function copy(from: ImageSource, text: string, options: CopyOptions = {}): Promise<Descriptor> {
  await using destination = openDestination(parseTransportName(text), context);
  await using adapted = adaptSource(from, destination, {
    choice: { kind: "all" },
    temporaryDirectory: context.temporaryDirectory,
    forms: context.store().layers,
  });
  return await copyImage(adapted, destination, { pauseMs: 1, ...options });
}

describe("copyImage", () => {
  useFreshPlace();
  it("keeps the digest between any two transports", async () => {
    await using registry = await startRegistry();
    const places = [
      `docker://${registry.host}/a:1`,
      `oci:${context.path("oci")}:a`,
      `oci-archive:${context.path("oci.tar")}`,
      `dir:${context.path("dir")}`,
      "containers-storage:a:1",
    ];
    for (const place of places) assert.deepEqual(await copy(image, place), root.descriptor);
    for (const from of places) {
      for (const [index, to] of places.entries()) {
        const target = to.replace(/(a:1|:a|\.tar|dir)$/, (end) => (end === ":a" ? `:b${index}` : end));
        const { digest } = await copy(source(from), target);
        assert.equal(digest, root.descriptor.digest, `${from} to ${target}`);
      }
    }
  });

  it("copies an index with all its images, children before the index", async () => {
    const arm = addImage(image, [base], { architecture: "arm64" });
    const index = addIndex(image, { amd64: root, arm64: arm });
    await using registry = await startRegistry();
    const name = `docker://${registry.host}/multi:1`;
    assert.equal((await copy(image, name)).digest, index.descriptor.digest);
    const puts = registry.requestLines().filter((line) => /PUT .*manifests/.test(line));
    assert.equal(puts.length, 3);
    assert.equal(puts[2], "PUT /v2/multi/manifests/1");
    for (const place of [
      `oci:${context.path("o")}`,
      `dir:${context.path("d")}`,
      `oci-archive:${context.path("t")}`,
    ]) {
      await copy(source(name), place);
      assert.equal((await source(place).readManifest()).descriptor.digest, index.descriptor.digest);
      const child = await source(place).readManifest(arm.descriptor.digest);
      assert.deepEqual(Buffer.from(child.bytes), Buffer.from(arm.bytes));
    }
    await assert.rejects(copy(image, "containers-storage:multi"), {
      code: "ERR_WHERRY_UNSUPPORTED_BY_DESTINATION",
    });
  });

  it("tells what happens, the biggest blob first", async () => {
    const events: CopyEvent[] = [];
    await copy(image, `oci:${context.path("x")}`, { jobs: 1, onEvent: (event) => events.push(event) });
    const [start] = events;
    const sizes = start?.kind === "start" ? start.blobs.map(({ size }) => size) : [];
    assert.deepEqual(
      sizes,
      [...sizes].sort((a, b) => b - a),
    );
    const copied = events.filter((event) => event.kind === "copied");
    assert.deepEqual(
      copied.map(({ blob }) => blob.size),
      sizes,
    );
    for (const { blob } of copied) {
      const progress = events.filter((event) => event.kind === "progress" && event.blob === blob);
      assert.deepEqual(progress.at(-1), { kind: "progress", blob, copied: blob.size });
    }
  });

  it("copies nothing again", async () => {
    await using registry = await startRegistry();
    const name = `docker://${registry.host}/a:1`;
    await copy(image, name);
    registry.requests.length = 0;
    const events: CopyEvent[] = [];
    await copy(image, name, { onEvent: (event) => events.push(event) });
    assert.deepEqual(events, [{ kind: "unchanged" }]);
    assert.deepEqual(registry.requestLines(), ["HEAD /v2/a/manifests/1"]);
    await copy(image, `docker://${registry.host}/a:2`);
    assert.equal(registry.requestLines().filter((line) => line.startsWith("P")).length, 1);
  });

  it("mounts blobs from another repository of the same registry", async () => {
    await using registry = await startRegistry();
    await copy(image, `docker://${registry.host}/a:1`);
    registry.requests.length = 0;
    const events: CopyEvent[] = [];
    await copy(source(`docker://${registry.host}/a:1`), `docker://${registry.host}/b:1`, {
      onEvent: (event) => events.push(event),
    });
    assert.equal(events.filter(({ kind }) => kind === "mounted").length, 3);
    assert.equal(registry.blobBytesSent, 0);
  });

  it("copies a blob again that broke off, but not for ever", async () => {
    let failures = 2;
    const flaky = sourceOf(image, async (blob) => {
      const isCut = blob.size > 100 && failures-- > 0;
      return verified(isCut ? Readable.from([Buffer.alloc(3)]) : await image.readBlob(blob), blob);
    });
    await copy(flaky, `oci:${context.path("x")}`);
    assert.ok(failures <= 0);
    failures = 100;
    await assert.rejects(copy(flaky, `oci:${context.path("y")}`), {
      code: "ERR_WHERRY_SIZE_MISMATCH",
    });
    assert.equal(existsSync(context.path("y/index.json")), false);
  });

  it("stops at once when it is aborted, and leaves no half file", async () => {
    const controller = new AbortController();
    image.readBlob = () =>
      Promise.resolve(
        new Readable({
          read() {
            this.push(Buffer.alloc(10));
            controller.abort(new Error("the user pressed Ctrl-C"));
          },
        }),
      );
    for (const place of [
      "containers-storage:a",
      `dir:${context.path("d")}`,
      `docker-archive:${context.path("t")}`,
    ])
      await assert.rejects(copy(image, place, { signal: controller.signal }), /Ctrl-C/);
    assert.deepEqual(context.store().images.list(), []);
    assert.deepEqual(
      readdirSync(context.folder).filter((name) => name !== "store"),
      [],
    );
    if (existsSync(context.store().paths.staging))
      assert.deepEqual(readdirSync(context.store().paths.staging), []);
  });

  it("unpacks layers while the image comes into the store, if there is a worker", async () => {
    const text = new MemorySource();
    addImage(text, [Buffer.from("layer one"), Buffer.from("layer two")]);
    const worker = new TextWorker();
    await copy(text, "containers-storage:plain");
    assert.deepEqual(worker.tasks, []);
    context.worker = () => Promise.resolve(worker);
    await copy(text, "containers-storage:plain");
    assert.deepEqual(worker.tasks, ["applyLayer", "applyLayer"]);
    assert.equal(context.store().layers.has(digestOf("layer one")), true);
    assert.deepEqual(await context.store().check({ digests: true }), []);
  });

  it("refuses a layer that is not what the config says, and the image with it", async () => {
    const manifest = createManifest({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: image.addBlob(
        Buffer.from(
          JSON.stringify({
            architecture: "amd64",
            os: "linux",
            rootfs: { type: "layers", diff_ids: [digestOf("something else")] },
          }),
        ),
        MEDIA_TYPE.ociConfig,
      ),
      layers: [image.addBlob(gzipSync("a text"), MEDIA_TYPE.ociLayerGzip)],
    });
    image.addManifest(manifest);
    context.worker = () => Promise.resolve(new TextWorker());
    await assert.rejects(copy(image, "containers-storage:bad"), { code: "ERR_WHERRY_DIFF_ID_MISMATCH" });
    assert.deepEqual(context.store().images.list(), []);
  });
});

describe("selectPlatform", () => {
  useFreshPlace();
  it("narrows an index to the image that fits", async () => {
    const arm = addImage(image, [base], { architecture: "arm64" });
    addIndex(image, { amd64: root, arm64: arm });
    const selected = selectPlatform(image, { os: "linux", architecture: "arm64", variant: "v8" });
    assert.equal((await selected.readManifest()).descriptor.digest, arm.descriptor.digest);
  });

  it("lists what there is when nothing fits, without attestations", async () => {
    addIndex(image, { amd64: root, unknown: root });
    const selected = selectPlatform(image, { os: "linux", architecture: "s390x" });
    await assert.rejects(selected.readManifest(), {
      code: "ERR_WHERRY_NO_MATCHING_PLATFORM",
      message: /s390x; it has linux\/amd64$/,
    });
  });

  it("takes an image without index as it is", async () => {
    const selected = selectPlatform(image, { os: "linux", architecture: "s390x" });
    assert.equal(await selected.readManifest(), root);
  });
});

describe("convertLayers", () => {
  useFreshPlace();
  it("compresses on the way to a registry, once", async () => {
    const plain = new MemorySource();
    const { descriptor } = addImage(plain, [base, top], { compressed: false });
    await copy(plain, "containers-storage:built");
    await using registry = await startRegistry();
    const pushed = await copy(source("containers-storage:built"), `docker://${registry.host}/built:1`);
    assert.notEqual(pushed.digest, descriptor.digest);
    const manifest = await source(`docker://${registry.host}/built:1`).readManifest();
    if (manifest.kind !== "image") throw new Error("unreachable");
    const { layers } = manifest.content;
    assert.deepEqual(
      layers.map(({ mediaType }) => mediaType),
      [MEDIA_TYPE.ociLayerGzip, MEDIA_TYPE.ociLayerGzip],
    );
    for (const [index, tar] of [base, top].entries()) {
      const layer = layers[index];
      assert.ok(layer);
      const content = await bytesOf(await source(`docker://${registry.host}/built:1`).readBlob(layer));
      assert.deepEqual(gunzipSync(content), tar);
    }
    assert.deepEqual(readdirSync(context.temporaryDirectory), []);

    registry.requests.length = 0;
    const again = await copy(source("containers-storage:built"), `docker://${registry.host}/built:1`);
    assert.deepEqual(again, pushed);
    assert.deepEqual(registry.requestLines(), ["HEAD /v2/built/manifests/1"]);
    await copy(source("containers-storage:built"), `docker://${registry.host}/built:2`);
    const writes = registry.requestLines().filter((line) => !/^(?:HEAD|GET)/.test(line));
    assert.deepEqual(writes, ["PUT /v2/built/manifests/2"]);

    await using other = await startRegistry();
    const elsewhere = await copy(source("containers-storage:built"), `docker://${other.host}/built:1`);
    assert.deepEqual(elsewhere, pushed);
    assert.deepEqual(readdirSync(context.temporaryDirectory), []);
  });

  it("leaves layers as they are for folders and archives", async () => {
    const plain = new MemorySource();
    const { descriptor } = addImage(plain, [base, top], { compressed: false });
    for (const place of [
      `oci:${context.path("o")}`,
      `dir:${context.path("d")}`,
      `oci-archive:${context.path("t")}`,
    ])
      assert.deepEqual(await copy(plain, place), descriptor);
  });

  it("unpacks zstd for a docker archive", async () => {
    const zstd = new MemorySource();
    addImage(zstd, [base]);
    const { content } = root as Manifest & { kind: "image" };
    zstd.addManifest(
      createManifest({
        ...content,
        config: zstd.addBlob(configOf([base]), MEDIA_TYPE.ociConfig),
        layers: [zstd.addBlob(zstdCompressSync(base), MEDIA_TYPE.ociLayerZstd)],
      }),
    );
    const path = context.path("z.tar");
    await copy(zstd, `docker-archive:${path}:z`);
    const manifest = await source(`docker-archive:${path}`).readManifest();
    if (manifest.kind !== "image") throw new Error("unreachable");
    assert.deepEqual(manifest.content.layers, [
      { mediaType: MEDIA_TYPE.dockerLayer, digest: digestOf(base), size: base.length },
    ]);
  });

  it("drops what annotations say of the bytes that were", async () => {
    const chunked = "io.github.containers.zstd-chunked.manifest-position";
    const about = { [chunked]: "1:2:3:1", "containerd.io/snapshot/stargz/toc.digest": "x", kept: "yes" };
    const given = new MemorySource();
    const manifest = addImage(given, [base, top]);
    if (manifest.kind !== "image") throw new Error("unreachable");
    const layers = manifest.content.layers.map((layer) => ({ ...layer, annotations: about }));
    const annotated = given.addManifest(createManifest({ ...manifest.content, layers }));
    const options = { accepted: ["zstd"], temporaryDirectory: context.temporaryDirectory } as const;
    await using changed = convertLayers(given, options);
    const made = await changed.readManifest();
    assert.ok(made.kind === "image");
    for (const { annotations } of made.content.layers) assert.deepEqual(annotations, { kept: "yes" });
    await using same = convertLayers(given, { ...options, accepted: ["gzip"] });
    assert.equal((await same.readManifest()).descriptor.digest, annotated.descriptor.digest);
  });

  it("rewrites the index whose images it changes", async () => {
    const plain = new MemorySource();
    const amd = addImage(plain, [base], { compressed: false });
    const arm = addImage(plain, [top], { compressed: false, architecture: "arm64" });
    addIndex(plain, { amd64: amd, arm64: arm });
    await using registry = await startRegistry();
    await copy(plain, `docker://${registry.host}/multi:1`);
    const index = await source(`docker://${registry.host}/multi:1`).readManifest();
    if (index.kind !== "index") throw new Error("an index was expected");
    assert.deepEqual(
      index.content.manifests.map(({ platform }) => platform?.architecture),
      ["amd64", "arm64"],
    );
  });

  for (const [compression, unpack, level] of [
    ["zstd", zstdDecompressSync, 19],
    ["gzip", gunzipSync, 9],
  ] as const) {
    it(`compresses with ${compression} as hard as asked, to the same bytes each time`, async () => {
      const plain = new MemorySource();
      addImage(plain, [top], { compressed: false });
      const convert = async (hard: number | undefined) => {
        const { temporaryDirectory } = context;
        const options = { accepted: [compression], temporaryDirectory, ...(hard ? { level: hard } : {}) };
        await using adapted = convertLayers(plain, options);
        const manifest = await adapted.readManifest();
        if (manifest.kind !== "image") throw new Error("unreachable");
        const [layer] = manifest.content.layers as [Descriptor];
        assert.equal(layer.mediaType, `${MEDIA_TYPE.ociLayer}+${compression}`);
        assert.ok(unpack(await buffer(await adapted.readBlob(layer))).equals(top));
        return layer;
      };
      const hard = await convert(level);
      assert.deepEqual(await convert(level), hard);
      assert.notEqual((await convert(1)).digest, hard.digest);
    });
  }

  it("cannot name zstd in docker's manifests", async () => {
    const docker = new MemorySource();
    addImage(docker, [base], { format: "docker" });
    const { temporaryDirectory } = context;
    await using adapted = convertLayers(docker, { accepted: ["zstd"], temporaryDirectory });
    await assert.rejects(adapted.readManifest(), { code: "ERR_WHERRY_CONVERSION" });
  });
});

describe("convertFormat", () => {
  useFreshPlace();
  it("turns docker's manifests into image-spec's and back without touching a blob", async () => {
    const docker = new MemorySource();
    const original = addImage(docker, [base, top], { format: "docker" });
    const oci = await convertFormat(docker, "oci").readManifest();
    assert.equal(oci.descriptor.mediaType, MEDIA_TYPE.ociManifest);
    assert.deepEqual(oci.content, { ...root.content });
    const back = new MemorySource();
    back.addManifest(oci);
    assert.deepEqual((await convertFormat(back, "docker").readManifest()).content, original.content);
  });

  it("changes nothing that has the format already", async () => {
    assert.equal(await convertFormat(image, "oci").readManifest(), root);
  });

  it("converts an index with its images", async () => {
    const index = addIndex(image, { amd64: root });
    const docker = convertFormat(image, "docker");
    const converted = await docker.readManifest();
    assert.equal(converted.descriptor.mediaType, MEDIA_TYPE.dockerIndex);
    assert.notEqual(converted.descriptor.digest, index.descriptor.digest);
    if (converted.kind !== "index") throw new Error("unreachable");
    const [child] = converted.content.manifests;
    assert.ok(child);
    assert.equal((await docker.readManifest(child.digest)).descriptor.mediaType, MEDIA_TYPE.dockerManifest);
  });

  it("refuses zstd in docker's format", async () => {
    const { content } = root as Manifest & { kind: "image" };
    image.addManifest(
      createManifest({
        ...content,
        layers: [image.addBlob(zstdCompressSync(base), MEDIA_TYPE.ociLayerZstd)],
      }),
    );
    await assert.rejects(convertFormat(image, "docker").readManifest(), { code: "ERR_WHERRY_CONVERSION" });
  });
});

describe("inspectImage", () => {
  useFreshPlace();
  it("gives skopeo's keys", async () => {
    const summary = await inspectImage(image, {
      platform: { os: "linux", architecture: "amd64" },
      name: "docker.io/library/a",
      tags: ["1", "latest"],
    });
    assert.deepEqual(Object.keys(summary), [
      "Name",
      "Digest",
      "RepoTags",
      "Created",
      "DockerVersion",
      "Labels",
      "Architecture",
      "Os",
      "Layers",
      "LayersData",
      "Env",
    ]);
    assert.equal(summary.Digest, root.descriptor.digest);
    assert.equal(summary.Created, "2026-01-02T03:04:05Z");
    assert.deepEqual(summary.Labels, { a: "b" });
    assert.equal(summary.LayersData[1]?.MIMEType, MEDIA_TYPE.ociLayerGzip);
  });
});

describe("deleteImage", () => {
  useFreshPlace();
  const remove = (text: string, options = {}): Promise<void> =>
    deleteImage(parseTransportName(text), context, options);

  it("takes a name from an image in the store, and the image with its last name", async () => {
    await copy(image, "containers-storage:a:1");
    context.store().images.tag(context.store().images.get("a:1"), parseReference("a:2"));
    await remove("containers-storage:a:1");
    assert.deepEqual(context.store().images.get("a:2").names, ["docker.io/library/a:2"]);
    await remove("containers-storage:a:2");
    assert.deepEqual(context.store().blobs.list(), []);
    await assert.rejects(remove("containers-storage:a:2"), { code: "ERR_WHERRY_IMAGE_NOT_FOUND" });
  });

  it("takes an image out of a layout, and keeps what others need", async () => {
    const other = new MemorySource();
    addImage(other, [base]);
    const path = context.path("x");
    await copy(image, `oci:${path}:a`);
    await copy(other, `oci:${path}:b`);
    await remove(`oci:${path}:a`);
    assert.equal(readdirSync(`${path}/blobs/sha256`).length, 3);
    const left = await source(`oci:${path}`).readManifest();
    if (left.kind !== "image") throw new Error("unreachable");
    for (const blob of left.content.layers) await bytesOf(await source(`oci:${path}`).readBlob(blob));
    assert.doesNotMatch(readFileSync(`${path}/index.json`, "utf8"), /"a"/);
  });

  it("deletes a tag alone where the registry can", async () => {
    await using registry = await startRegistry();
    await copy(image, `docker://${registry.host}/a:1`);
    await copy(image, `docker://${registry.host}/a:2`);
    await remove(`docker://${registry.host}/a:1`);
    assert.deepEqual([...registry.storage.repository("a").tags.keys()], ["2"]);
  });

  it("deletes the manifest where the registry cannot, but not with other tags", async () => {
    await using registry = await startRegistry();
    await copy(image, `docker://${registry.host}/a:1`);
    await copy(image, `docker://${registry.host}/a:2`);
    const refusal = { on: /^DELETE .*\/manifests\/\d/, status: 405, times: 9 };
    registry.faults.push(refusal);
    await assert.rejects(remove(`docker://${registry.host}/a:1`), {
      code: "ERR_WHERRY_OTHER_TAGS",
      message: /more tags: 2$/,
    });
    await remove(`docker://${registry.host}/a:1`, { manifest: true });
    assert.deepEqual([...registry.storage.repository("a").manifests.keys()], []);
    await copy(image, `docker://${registry.host}/b:1`);
    await remove(`docker://${registry.host}/b:1`);
    assert.deepEqual([...registry.storage.repository("b").manifests.keys()], []);
    await assert.rejects(remove(`docker://${registry.host}/b:1`), { code: "ERR_WHERRY_MANIFEST_UNKNOWN" });
  });

  it("says where it cannot", async () => {
    await assert.rejects(remove("dir:/x"), { code: "ERR_WHERRY_DELETE_UNSUPPORTED" });
  });
});

function sourceOf(inner: MemorySource, readBlob: ImageSource["readBlob"]): ImageSource {
  return {
    readManifest: (digest) => inner.readManifest(digest),
    readBlob,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function configOf(tars: readonly Buffer[]): Buffer {
  const rootfs = { type: "layers", diff_ids: tars.map((tar) => digestOf(tar)) };
  return Buffer.from(JSON.stringify({ architecture: "amd64", os: "linux", rootfs }));
}
