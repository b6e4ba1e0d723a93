import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { digestOf, encodedOf, type ImageIndex } from "../oci/index.ts";
import { parseReference } from "../reference/index.ts";
import { Store } from "./index.ts";
import { TextWorker, sameConfig, tinyImage, writeBlobs, type TinyImage } from "./testdata/tiny-image.ts";

let root: string;
let store: Store;

/** A fresh place for each test of a suite. */
function useFreshPlace(): void {
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-store-"));
    store = Store.open(join(root, "store"));
  });
  afterEach(() => {
    store[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });
}

async function put(image: TinyImage, ...names: string[]): Promise<void> {
  await writeBlobs(store, image);
  store.images.put(
    image.manifest.descriptor,
    names.map((name) => parseReference(name)),
  );
}

describe("Store.open", () => {
  useFreshPlace();
  it("touches nothing, and an absent store reads as empty", async () => {
    assert.deepEqual(store.images.list(), []);
    assert.deepEqual(store.containers.list(), []);
    assert.deepEqual(store.blobs.list(), []);
    assert.equal(store.images.find("alpine"), undefined);
    assert.equal(store.containers.find("a"), undefined);
    assert.equal(store.buildCache.get("key"), undefined);
    assert.equal(store.layers.has(digestOf("x")), false);
    assert.deepEqual(await store.check(), []);
    assert.equal(existsSync(store.root), false);
  });

  it("refuses a store of a newer version", async () => {
    await put(tinyImage("a"));
    store[Symbol.dispose]();
    const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
    const database = new DatabaseSync(join(store.root, "state.sqlite"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    store = Store.open(store.root);
    assert.throws(() => store.images.list(), { code: "ERR_WHERRY_STORE_TOO_NEW" });
  });

  it("says that a file is no database", async () => {
    await put(tinyImage("a"));
    store[Symbol.dispose]();
    for (const suffix of ["-wal", "-shm"]) rmSync(`${store.paths.database}${suffix}`, { force: true });
    writeFileSync(store.paths.database, "not a database, but long enough to be looked at".repeat(100));
    store = Store.open(store.root);
    assert.throws(() => store.images.list(), { code: "ERR_WHERRY_STORE_DAMAGED" });
  });
});

describe("BlobStore", () => {
  useFreshPlace();
  const bytes = Buffer.from("content");
  const blob = { digest: digestOf(bytes), size: bytes.length };

  it("gives back what was written", async () => {
    await store.blobs.write(blob, Readable.from([bytes.subarray(0, 3), bytes.subarray(3)]));
    assert.equal(store.blobs.has(blob.digest), true);
    assert.equal(store.blobs.sizeOf(blob.digest), 7);
    assert.deepEqual(store.blobs.readBytes(blob.digest), bytes);
    assert.deepEqual(store.blobs.list(), [blob.digest]);
    assert.deepEqual(await store.blobs.read(blob.digest).toArray(), [bytes]);
  });

  it("lets two writers of one blob both succeed", async () => {
    await Promise.all([1, 2, 3].map(() => store.blobs.write(blob, Readable.from([bytes]))));
    assert.deepEqual(store.blobs.list(), [blob.digest]);
    assert.deepEqual(readdirSync(store.paths.staging), []);
  });

  const broken = [
    { what: "altered", content: [Buffer.from("Content")], code: "ERR_WHERRY_DIGEST_MISMATCH" },
    { what: "short", content: [Buffer.from("con")], code: "ERR_WHERRY_SIZE_MISMATCH" },
    { what: "endless", content: [bytes, bytes], code: "ERR_WHERRY_SIZE_MISMATCH" },
  ];
  for (const { what, content, code } of broken) {
    it(`keeps nothing of ${what} content`, async () => {
      await assert.rejects(store.blobs.write(blob, Readable.from(content)), { code });
      assert.deepEqual(store.blobs.list(), []);
      assert.deepEqual(readdirSync(store.paths.staging), []);
    });
  }

  it("refuses to read what is missing or too large", async () => {
    assert.throws(() => store.blobs.readBytes(blob.digest), { code: "ERR_WHERRY_BLOB_MISSING" });
    assert.throws(() => store.blobs.read(blob.digest), { code: "ERR_WHERRY_BLOB_MISSING" });
    await store.blobs.writeBytes(bytes);
    assert.throws(() => store.blobs.readBytes(blob.digest, 6), { code: "ERR_WHERRY_TOO_LARGE" });
  });

  it("gives a staged blob its name only when it is finished", async () => {
    const staged = store.blobs.stage();
    staged.write(bytes);
    assert.deepEqual(store.blobs.list(), []);
    assert.deepEqual(await staged.finish(), blob);
    assert.deepEqual(store.blobs.list(), [blob.digest]);
    store.blobs.stage().abort();
    assert.deepEqual(readdirSync(store.paths.staging), []);
  });
});

describe("ImageStore", () => {
  useFreshPlace();
  const one = tinyImage("base", "one");
  const two = tinyImage("base", "two");

  it("lists what was put", async () => {
    await put(one, "alpine:3.20", "quay.io/me/app");
    const [image, ...others] = store.images.list();
    assert.ok(image);
    assert.deepEqual(others, []);
    assert.equal(image.id, one.id);
    assert.deepEqual(image.manifest, one.manifest.descriptor);
    assert.deepEqual(image.names, ["docker.io/library/alpine:3.20", "quay.io/me/app:latest"]);
    assert.equal(image.created, "2026-01-02T03:04:05Z");
    assert.deepEqual(image.platform, { os: "linux", architecture: "amd64" });
    assert.deepEqual(image.labels, { first: "base" });
    assert.deepEqual(image.diffIds, one.diffIds);
    const blobBytes = one.blobs.reduce((sum, { size }) => sum + size, 0);
    assert.equal(image.size, blobBytes + one.manifest.descriptor.size);
    assert.deepEqual(store.images.readConfig(image), one.config);
    assert.deepEqual(store.images.readManifest(image).bytes, Buffer.from(one.manifest.bytes));
  });

  it("is seen by another process's store at once, and after closing", async () => {
    await put(one, "alpine");
    using other = Store.open(store.root);
    assert.equal(other.images.find("alpine")?.id, one.id);
    store[Symbol.dispose]();
    assert.equal(Store.open(store.root).images.find("alpine")?.id, one.id);
  });

  describe("find", () => {
    beforeEach(async () => {
      await put(one, "alpine:3.20", "localhost/mine", `quay.io/a/b@${two.manifest.descriptor.digest}`);
      await put(two, "docker.io/library/mine", "quay.io/me/app:1", "deadbeef");
    });
    const hex = encodedOf(one.id);
    const manifest = two.manifest.descriptor.digest;
    const cases = [
      { text: "alpine:3.20", expected: one },
      { text: "docker.io/library/alpine:3.20", expected: one },
      { text: "alpine", expected: undefined },
      { text: "mine", expected: one },
      { text: "mine:latest", expected: one },
      { text: "docker.io/mine", expected: two },
      { text: "app:1", expected: undefined },
      { text: hex, expected: one },
      { text: hex.slice(0, 12), expected: one },
      { text: `sha256:${hex}`, expected: one },
      { text: `sha256:${hex.slice(0, 9)}`, expected: one },
      { text: `quay.io/me/app@${manifest}`, expected: two },
      { text: `quay.io/other@${manifest}`, expected: undefined },
      { text: `quay.io/a/b@${manifest}`, expected: one },
      { text: manifest, expected: two },
      { text: "deadbeef", expected: two },
      { text: "0".repeat(64), expected: undefined },
    ];
    for (const { text, expected } of cases) {
      it(`finds ${expected === undefined ? "nothing" : "the image"} for ${text}`, () => {
        assert.equal(store.images.find(text)?.id, expected?.id);
      });
    }

    it("asks configuration's candidates first for a short name", () => {
      assert.equal(store.images.find("app:1", [parseReference("quay.io/me/app:1")])?.id, two.id);
    });

    it("refuses an ID prefix of several images, and texts that are no names", async () => {
      const many = Array.from({ length: 17 }, (_, index) => tinyImage(`layer ${index}`));
      for (const image of many) await put(image);
      const first = many.map(({ id }) => encodedOf(id).charAt(0));
      const shared = first.find((digit, index) => first.indexOf(digit) !== index);
      assert.ok(shared);
      assert.throws(() => store.images.find(shared), { code: "ERR_WHERRY_AMBIGUOUS_IMAGE" });
      assert.throws(() => store.images.find("Foo"), { code: "ERR_WHERRY_INVALID_REFERENCE" });
      assert.throws(() => store.images.get("foo"), { code: "ERR_WHERRY_IMAGE_NOT_FOUND" });
    });
  });

  it("moves a name to the image put last; the other stays without it", async () => {
    await put(one, "app");
    await put(two, "app");
    assert.equal(store.images.find("app")?.id, two.id);
    assert.deepEqual(store.images.find(one.id)?.names, []);
  });

  it("knows every name an image has had, also one that it was given again", async () => {
    await put(one, "app");
    await put(two, "app");
    await put(one, "app");
    await put(one, "app");
    const [first] = store.images.list().filter(({ id }) => id === one.id);
    assert.ok(first);
    assert.deepEqual(store.images.nameHistory(first), ["docker.io/library/app:latest"]);
  });

  it("keeps index.json as other tools expect it", async () => {
    await put(one, "app", "quay.io/me/app:1");
    await put(two);
    const index = JSON.parse(readFileSync(store.paths.index, "utf8")) as ImageIndex;
    const entries = index.manifests.map(({ digest, annotations }) => [
      digest,
      annotations?.["org.opencontainers.image.ref.name"],
    ]);
    assert.deepEqual(
      new Set(entries.map(String)),
      new Set([
        `${one.manifest.descriptor.digest},docker.io/library/app:latest`,
        `${one.manifest.descriptor.digest},quay.io/me/app:1`,
        `${two.manifest.descriptor.digest},`,
      ]),
    );
    assert.equal(readFileSync(store.paths.layout, "utf8"), '{"imageLayoutVersion":"1.0.0"}');
    store.images.untag(parseReference("app"));
    assert.doesNotMatch(readFileSync(store.paths.index, "utf8"), /library\/app/);
  });

  it("refuses an image whose blobs are not all here, and names the missing one", async () => {
    await writeBlobs(store, one);
    const layer = one.manifest.content.layers[1];
    assert.ok(layer);
    rmSync(store.blobs.path(layer.digest));
    assert.throws(
      () => store.images.put(one.manifest.descriptor, []),
      (error: Error) =>
        error.message.includes(layer.digest) && "code" in error && error.code === "ERR_WHERRY_BLOB_MISSING",
    );
    assert.deepEqual(store.images.list(), []);
  });

  it("removes an image with what only it refers to", async () => {
    await put(one, "one");
    await put(two, "two");
    const { untagged, deleted } = await store.images.remove(one.id);
    assert.deepEqual(untagged, ["docker.io/library/one:latest"]);
    assert.equal(store.images.find("one"), undefined);
    assert.equal(deleted.includes(one.id), true);
    const left = [...two.blobs.map(({ digest }) => digest), two.manifest.descriptor.digest];
    assert.deepEqual(new Set(store.blobs.list()), new Set(left));
    assert.deepEqual(await store.check({ digests: true }), []);
    await assert.rejects(store.images.remove(one.id), { code: "ERR_WHERRY_IMAGE_NOT_FOUND" });
  });

  it("removes one manifest alone where two have the same config", async () => {
    const other = sameConfig(one);
    await put(one, "one");
    await put(other, "other");
    assert.equal(store.images.resolve("other").name, "docker.io/library/other:latest");
    const byAlias = store.images.resolve("tool", [parseReference("docker.io/library/other")]);
    assert.equal(byAlias.fullName, "docker.io/library/other:latest");
    const byDigest = store.images.resolve(`docker.io/library/other@${other.manifest.descriptor.digest}`);
    assert.deepEqual(
      [byDigest.name, byDigest.fullName],
      [undefined, `docker.io/library/other@${other.manifest.descriptor.digest}`],
    );
    await store.images.remove(store.images.get("other").manifest.digest);
    assert.equal(store.images.find("other"), undefined);
    assert.equal(store.images.find("one")?.id, one.id);
    assert.deepEqual(await store.check(), []);
    await put(other, "other");
    await store.images.remove(one.id);
    assert.deepEqual(store.images.list(), []);
    assert.deepEqual(store.blobs.list(), []);
  });

  it("does not remove what a running process has pinned", async () => {
    await put(one, "one");
    using other = Store.open(store.root);
    const [, layer] = one.blobs;
    assert.ok(layer);
    assert.equal(other.blobs.hold(layer.digest), true);
    await store.images.remove(one.id);
    assert.deepEqual(store.blobs.list(), [layer.digest]);
    other.pins.release();
    assert.deepEqual(
      (await store.check()).map(({ kind }) => kind),
      ["blob-unused"],
    );
  });

  it("forgets the pins of processes that have ended", async () => {
    await put(one, "one");
    store.database.write(() => {
      for (const { digest } of one.blobs)
        store.database.run("INSERT INTO pins VALUES (?, ?, ?)", digest, 1, "1");
    });
    await store.images.remove(one.id);
    assert.deepEqual(store.blobs.list(), []);
    assert.deepEqual(store.database.all("SELECT * FROM pins"), []);
  });

  it("does not remove an image that a container is made of", async () => {
    await put(one, "one");
    store.containers.insert(containerOf("c", one.id));
    await assert.rejects(store.images.remove(one.id), { code: "ERR_WHERRY_IMAGE_IN_USE" });
    assert.equal(store.images.find("one")?.id, one.id);
  });
});

describe("LayerStore", () => {
  useFreshPlace();
  const image = tinyImage("base", "middle", "top");
  const worker = new TextWorker();
  beforeEach(() => {
    worker.tasks.length = 0;
  });

  it("unpacks each layer once, however many ask", async () => {
    await put(image, "app");
    const ensure = () => store.layers.ensure(image.manifest, image.config, worker);
    await Promise.all([ensure(), ensure()]);
    await ensure();
    assert.deepEqual(worker.tasks, ["applyLayer", "applyLayer", "applyLayer"]);
    for (const [index, text] of ["base", "middle", "top"].entries()) {
      const diffId = image.diffIds[index];
      assert.ok(diffId);
      assert.equal(readFileSync(join(store.layers.path(diffId), "content"), "utf8"), text);
      assert.equal(store.layers.sizeOf(diffId), text.length);
    }
    assert.deepEqual(readdirSync(store.paths.staging), []);
    assert.deepEqual(await store.check(), []);
  });

  it("shares layers between images", async () => {
    await put(image, "app");
    await store.layers.ensure(image.manifest, image.config, worker);
    const other = tinyImage("base", "other");
    await put(other, "other");
    await store.layers.ensure(other.manifest, other.config, worker);
    assert.equal(worker.tasks.length, 4);
    await store.images.remove(image.id, worker);
    assert.deepEqual(
      readdirSync(store.paths.layers).sort(),
      other.diffIds.map((diffId) => encodedOf(diffId)).sort(),
    );
  });

  it("refuses a layer that is not what the config says, and keeps nothing of it", async () => {
    await put(image, "app");
    const config = {
      rootfs: { type: "layers" as const, diff_ids: [...image.diffIds.slice(0, 2), digestOf("x")] },
    };
    await assert.rejects(store.layers.ensure(image.manifest, config, worker), {
      code: "ERR_WHERRY_DIFF_ID_MISMATCH",
    });
  });

  it("leaves nothing of a layer that cannot be unpacked", async () => {
    await put(image, "app");
    const failing = { call: () => Promise.reject(new Error("hostile entry")) };
    await assert.rejects(store.layers.ensure(image.manifest, image.config, failing), /hostile entry/);
    assert.deepEqual(readdirSync(store.paths.layers), []);
    assert.deepEqual(readdirSync(store.paths.staging), []);
  });

  it("remembers compressed forms by what made them", () => {
    const form = { digest: digestOf("gz"), size: 2 };
    store.layers.rememberCompressedForm(digestOf("layer"), "gzip-a", form);
    assert.deepEqual(store.layers.compressedForm(digestOf("layer"), "gzip-a"), form);
    assert.equal(store.layers.compressedForm(digestOf("layer"), "gzip-b"), undefined);
    assert.equal(store.layers.diffIdOf(form.digest), digestOf("layer"));
  });
});

describe("ContainerStore", () => {
  useFreshPlace();
  const id = "ab".repeat(32);

  it("finds containers by name, ID and beginning of an ID", () => {
    store.containers.insert(containerOf("web", "", id));
    store.containers.insert(containerOf("db", "", "ac".repeat(32)));
    for (const text of ["web", id, "abab", "ab"]) assert.equal(store.containers.find(text)?.name, "web");
    assert.equal(store.containers.find("nope"), undefined);
    assert.throws(() => store.containers.find("a"), { code: "ERR_WHERRY_AMBIGUOUS_CONTAINER" });
    assert.throws(() => store.containers.get("nope"), { code: "ERR_WHERRY_CONTAINER_NOT_FOUND" });
    assert.equal(existsSync(store.containers.directory(id)), true);
  });

  it("keeps names unique, also when one is changed", () => {
    store.containers.insert(containerOf("web", "", id));
    store.containers.insert(containerOf("db", "", "cd".repeat(32)));
    assert.throws(() => store.containers.insert(containerOf("web", "", "ef".repeat(32))), {
      code: "ERR_WHERRY_NAME_IN_USE",
    });
    assert.equal(existsSync(store.containers.directory("ef".repeat(32))), false);
    assert.throws(() => store.containers.update(id, { name: "db" }), { code: "ERR_WHERRY_NAME_IN_USE" });
    const changed = store.containers.update(id, { name: "www", config: { a: 1 } });
    assert.deepEqual(store.containers.find("www"), changed);
    assert.deepEqual(changed.config, { a: 1 });
  });

  it("refuses an image that is gone", () => {
    assert.throws(() => store.containers.insert(containerOf("web", digestOf("x"))), {
      code: "ERR_WHERRY_IMAGE_NOT_FOUND",
    });
  });

  it("removes a container with its files", async () => {
    store.containers.insert(containerOf("web", "", id));
    writeFileSync(join(store.containers.directory(id), "config.json"), "{}");
    await store.containers.remove(id);
    assert.deepEqual(store.containers.list(), []);
    assert.deepEqual(readdirSync(store.paths.containers), []);
    assert.deepEqual(readdirSync(store.paths.staging), []);
    await store.containers.remove(id);
  });
});

describe("BuildCache", () => {
  useFreshPlace();
  const image = tinyImage("base", "top");

  it("keeps what entries refer to until they are pruned", async () => {
    const { digest } = await store.blobs.writeBytes(Buffer.from("a layer of a stage that no image has"));
    store.buildCache.put("key", { layer: digest }, [digest]);
    store.pins.release();
    assert.deepEqual(store.buildCache.get("key"), { layer: digest });
    assert.deepEqual(await store.check(), []);
    await store.buildCache.prune(undefined, new Date(0));
    assert.equal(store.blobs.has(digest), true);
    await store.buildCache.prune();
    assert.equal(store.buildCache.get("key"), undefined);
    assert.equal(store.blobs.has(digest), false);
  });

  it("forgets entries whose image is removed", async () => {
    await put(image, "app");
    const [layer] = image.manifest.content.layers;
    assert.ok(layer);
    store.buildCache.put("key", 1, [layer.digest]);
    await store.images.remove(image.id);
    assert.equal(store.buildCache.get("key"), undefined);
    assert.equal(store.blobs.has(layer.digest), false);
  });
});

function containerOf(name: string, imageId: string, id = digestOf(name).slice(7)) {
  return { id, name, created: "2026-01-01T00:00:00Z", imageId, imageName: "app", config: {} };
}
