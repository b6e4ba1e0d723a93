import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "@wherry/core/engine";
import type { LayerWorker } from "@wherry/core/store";
import { hostIn } from "../../../../test/support/in-process.ts";
import { putPlainImage } from "../testdata/plain-image.ts";
import { pruneBuildCache, pruneImages, pruneWorking } from "./prune.ts";

const NO_WORKER: LayerWorker = { call: (task) => Promise.reject(new Error(`no worker for ${task}`)) };
const ID = "ab".repeat(32);

describe("what prune takes of what wherry-build has", () => {
  let folder: string;
  let engine: Engine;
  const failures: unknown[] = [];
  const options = { filters: [], now: new Date(), onFailure: (error: unknown) => void failures.push(error) };
  const addWorking = (image?: object) =>
    engine.store.working.insert({ id: ID, name: "w", created: "2026-01-01T00:00:00Z", state: { image } }, []);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wherry-prune-"));
    engine = Engine.open(hostIn(folder));
    failures.length = 0;
  });
  afterEach(async () => {
    await engine[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(failures, []);
  });

  it("keeps an image that a working container is made of; with external both go", async () => {
    const { store } = engine;
    const used = await putPlainImage(store, "used");
    const unused = await putPlainImage(store, "unused");
    addWorking({ id: used.id, name: "" });
    const bare = (id: string) => id.replace("sha256:", "");
    assert.deepEqual(await pruneImages(engine, { ...options, all: true }), [bare(unused.id)]);
    assert.deepEqual(
      store.working.list().map(({ id }) => id),
      [ID],
    );
    assert.deepEqual(await pruneImages(engine, { ...options, all: false, external: true }), [bare(used.id)]);
    assert.deepEqual([store.working.list(), store.images.list()], [[], []]);
  });

  it("removes working containers, those from scratch too", async () => {
    addWorking();
    assert.deepEqual(await pruneWorking(engine, options), [ID]);
    assert.deepEqual(engine.store.working.list(), []);
  });

  it("removes results of steps, and cache mounts that no build uses", async () => {
    const { buildCache, cacheMounts } = engine.store;
    const step = { text: "RUN true", place: "1", size: 1, milliseconds: 1, inputs: new Uint8Array(1) };
    buildCache.put("key", { layer: null }, [], step);
    const { uid, gid } = { uid: 0, gid: 0 };
    const open = (id: string) =>
      cacheMounts.open({ id, uid, gid }, { sharing: "shared", mode: 0o755, worker: NO_WORKER });
    (await open("idle"))[Symbol.dispose]();
    const [idle] = cacheMounts.list();
    using _busy = await open("busy");
    assert.deepEqual(await pruneBuildCache(engine, NO_WORKER), ["key", idle?.key]);
    assert.deepEqual(buildCache.list(), []);
    assert.deepEqual(
      cacheMounts.list().map(({ id }) => id),
      ["busy"],
    );
  });
});
