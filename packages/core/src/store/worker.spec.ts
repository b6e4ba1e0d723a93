import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { pack } from "tar-stream";
import { describeAsUser } from "../../../../test/support/as-user.ts";
import { createManifest, digestOf, MEDIA_TYPE, type Digest } from "../oci/index.ts";
import { parseReference } from "../reference/index.ts";
import { endHolder, NamespaceWorker, UserNamespace } from "../userns/index.ts";
import { Store } from "./index.ts";

const WORKER = [
  process.execPath,
  "--conditions=wherry-source",
  "--disable-warning=ExperimentalWarning",
  join(import.meta.dirname, "worker-main.ts"),
];

/** A layer whose files, and its root itself, belong to several users of which some let nobody else in. */
async function layerOfManyUsers(): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name: "./", type: "directory", uid: 7, gid: 7, mode: 0o700 });
  tar.entry({ name: "home/", type: "directory", uid: 1000, gid: 1000, mode: 0o700 });
  tar.entry({ name: "home/secret", uid: 1000, gid: 1000, mode: 0o600 }, "for 1000 only");
  tar.entry({ name: "etc/", type: "directory", mode: 0o555 });
  tar.entry({ name: "etc/motd", mode: 0o444 }, "hello");
  tar.finalize();
  return Buffer.concat(await Readable.from(tar).toArray());
}

describeAsUser("layers of several users", import.meta.filename, function () {
  this.timeout(60_000);
  let folder: string;
  let store: Store;
  let worker: NamespaceWorker;
  const { uid, gid, username: userName } = userInfo();
  const options = () => ({
    uid,
    gid,
    userName,
    runtimeDir: join(folder, "run"),
    etc: "/etc",
    procRoot: "/proc",
    searchPath: process.env["PATH"],
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-worker-"));
    store = Store.open(join(folder, "store"));
    worker = new NamespaceWorker(() => UserNamespace.open(options()), WORKER);
  });
  afterEach(async () => {
    if (existsSync(store.root)) await worker.call("removeTree", { path: store.root });
    await worker[Symbol.asyncDispose]();
    store[Symbol.dispose]();
    endHolder(options());
    rmSync(folder, { recursive: true });
  });

  async function pull(tar: Buffer): Promise<{ diffId: Digest; ensure: () => Promise<void>; id: Digest }> {
    const diffId = digestOf(tar);
    const config = {
      architecture: "amd64",
      os: "linux",
      rootfs: { type: "layers" as const, diff_ids: [diffId] },
    };
    const write = async (bytes: Buffer, mediaType: string) => ({
      mediaType,
      ...(await store.blobs.writeBytes(bytes)),
    });
    const manifest = createManifest({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.ociManifest,
      config: await write(Buffer.from(JSON.stringify(config)), MEDIA_TYPE.ociConfig),
      layers: [await write(gzipSync(tar), MEDIA_TYPE.ociLayerGzip)],
    });
    if (manifest.kind !== "image") throw new Error("an image was expected");
    await store.blobs.writeBytes(Buffer.from(manifest.bytes));
    const ensure = () => store.layers.ensure(manifest, config, worker);
    await ensure();
    const { id } = store.images.put(manifest.descriptor, [parseReference("quay.io/app")]);
    return { diffId, ensure, id };
  }

  it("are unpacked with their owners, used once, and removed to the last file", async () => {
    const { diffId, ensure, id } = await pull(await layerOfManyUsers());
    const map = (await UserNamespace.open(options())).idMaps.uids;
    const hostIdOf = (containerId: number): number => {
      const range = map.find(
        (part) => containerId >= part.containerId && containerId < part.containerId + part.size,
      );
      return range === undefined ? containerId : range.hostId + containerId - range.containerId;
    };
    assert.equal(statSync(store.layers.path(diffId)).uid, hostIdOf(7));
    assert.ok(
      (await worker.call<{ size: number }>("treeSize", { path: store.layers.path(diffId) })).size > 0,
    );
    await ensure();
    await store.images.remove(id, worker);
    assert.deepEqual(readdirSync(store.paths.layers), []);
    assert.deepEqual(readdirSync(store.paths.staging), []);
    assert.deepEqual(await store.check(), []);
  });

  it("are put aside by a program without a worker, and removed by the next that has one", async () => {
    const { id, diffId } = await pull(await layerOfManyUsers());
    await store.images.remove(id);
    assert.equal(store.layers.has(diffId), false);
    if (uid !== 0) assert.equal(readdirSync(store.paths.staging).length, 1);
    const other = await pull(Buffer.concat([await layerOfManyUsers(), Buffer.alloc(512)]));
    await store.images.remove(other.id, worker);
    await store.repair({ worker });
    assert.deepEqual(await store.check(), []);
  });

  it("can be made of an overlay's upper directory", async () => {
    const upper = join(folder, "store", "upper");
    mkdirSync(upper, { recursive: true });
    writeFileSync(join(upper, "file"), "content");
    const tar = join(folder, "layer.tar");
    const made = await worker.call<{ diffId: Digest; size: number; entries: number }>("diffLayer", {
      upper,
      output: tar,
    });
    await store.layers.adopt(made.diffId, upper, worker, made);
    assert.equal(existsSync(join(store.layers.path(made.diffId), "file")), true);
    assert.equal(existsSync(upper), false);
    assert.equal(store.layers.sizeOf(made.diffId), made.size);
  });

  it("leave nothing when their blob is cut, and say why", async () => {
    const tar = await layerOfManyUsers();
    const cut = gzipSync(tar).subarray(0, 150);
    const { digest, size } = await store.blobs.writeBytes(cut);
    await assert.rejects(store.layers.unpack({ mediaType: MEDIA_TYPE.ociLayerGzip, digest, size }, worker), {
      code: "ERR_WHERRY_DAMAGED_COMPRESSION",
    });
    assert.deepEqual(readdirSync(store.paths.layers), []);
    assert.deepEqual(readdirSync(store.paths.staging), []);
  });
});
