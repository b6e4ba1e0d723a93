import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { LayerWorker } from "./remove-tree.ts";
import { Store } from "./store.ts";

const worker: LayerWorker = {
  call: (task) => Promise.reject(new Error(`nothing here needs ${task}`)),
};
const identity = { id: "/root/.npm", uid: 0, gid: 0 };
const options = { sharing: "shared", mode: 0o750, worker } as const;

describe("CacheMounts", () => {
  let root: string;
  let store: Store;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "wherry-cache-"));
    store = Store.open(join(root, "store"));
  });
  afterEach(() => {
    store[Symbol.dispose]();
    rmSync(root, { recursive: true });
  });

  it("gives the same folder again, with what is in it", async () => {
    const first = await store.cacheMounts.open(identity, options);
    writeFileSync(join(first.path, "x"), "1");
    first[Symbol.dispose]();
    using second = await store.cacheMounts.open(identity, { ...options, mode: 0o700 });
    assert.deepEqual([second.path, readdirSync(second.path)], [first.path, ["x"]]);
    assert.equal(statSync(second.path).mode & 0o7777, 0o750);
    const [record, ...more] = store.cacheMounts.list();
    assert.partialDeepStrictEqual(record, { ...identity, path: first.path });
    assert.deepEqual(more, []);
    assert.deepEqual(readdirSync(store.paths.staging), []);
  });

  it("keeps ids apart, whatever is in them, below its own folder", async () => {
    const ids = ["a", "../a", "/a", "a/../../x", "", "a\0b", "x".repeat(5000)];
    const paths = new Set<string>();
    for (const id of ids) {
      using cache = await store.cacheMounts.open({ ...identity, id }, options);
      paths.add(cache.path);
    }
    assert.equal(paths.size, ids.length);
    for (const path of paths)
      assert.match(path.slice(store.paths.cacheMounts.length), /^\/[0-9a-f]{64}\/data$/);
  });

  it("is shared, or waited for, or doubled", async () => {
    const first = await store.cacheMounts.open(identity, options);
    using second = await store.cacheMounts.open(identity, options);
    assert.equal(second.path, first.path);
    using alone = await store.cacheMounts.open(identity, { ...options, sharing: "private" });
    assert.notEqual(alone.path, first.path);
    let isOpen = false;
    const waiting = store.cacheMounts.open(identity, { ...options, sharing: "locked" }).then((cache) => {
      isOpen = true;
      return cache;
    });
    await setTimeout(50);
    assert.equal(isOpen, false);
    first[Symbol.dispose]();
    second[Symbol.dispose]();
    using locked = await waiting;
    assert.equal(locked.path, first.path);
  });

  it("stops waiting when it is told to", async () => {
    using _first = await store.cacheMounts.open(identity, { ...options, sharing: "locked" });
    const signal = AbortSignal.timeout(50);
    const waiting = store.cacheMounts.open(identity, { ...options, sharing: "locked", signal });
    await assert.rejects(waiting, { name: "TimeoutError" });
  });

  it("is seeded once, and not made when that fails", async () => {
    const failing = { ...options, seed: () => Promise.reject(new Error("no seed")) };
    await assert.rejects(store.cacheMounts.open(identity, failing), /no seed/);
    assert.deepEqual([store.cacheMounts.list(), readdirSync(store.paths.staging)], [[], []]);
    let seeded = 0;
    const seed = (folder: string) => {
      writeFileSync(join(folder, "s"), String(++seeded));
      return Promise.resolve();
    };
    for (const _ of [1, 2]) (await store.cacheMounts.open(identity, { ...options, seed }))[Symbol.dispose]();
    assert.equal(seeded, 1);
  });

  it("is removed only when nobody uses it", async () => {
    const cache = await store.cacheMounts.open(identity, options);
    const [record] = store.cacheMounts.list();
    assert.ok(record);
    assert.equal(await store.cacheMounts.remove(record.key, worker), false);
    cache[Symbol.dispose]();
    assert.equal(await store.cacheMounts.remove(record.key, worker), true);
    assert.deepEqual([existsSync(record.path), store.cacheMounts.list()], [false, []]);
  });
});
